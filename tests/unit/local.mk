# Unit tests (cmocka), one for each module. A test of one file needs only its line here:
# tests/unit/test_x is built from tests/unit/test_x.c and linked with all layers.
unit_programs += tests/unit/test_addr
unit_programs += tests/unit/test_buf
unit_programs += tests/unit/test_conf
unit_programs += tests/unit/test_cursor
unit_programs += tests/unit/test_export
unit_programs += tests/unit/test_map
unit_programs += tests/unit/test_zonefile
unit_programs += tests/unit/test_names
unit_programs += tests/unit/test_zone_random
unit_programs += tests/unit/test_model
unit_programs += tests/unit/test_rtnl
unit_programs += tests/unit/test_sync
unit_programs += tests/unit/test_resume
unit_programs += tests/unit/test_segment
