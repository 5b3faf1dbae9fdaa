# Simulations in virtual time (cmocka); like the unit tests, one line each:
# unit_programs += tests/sim/sim_x
