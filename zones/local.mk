# Sample zones, installed as documentation:
zonesdir = $(docdir)/zones
dist_zones_DATA = zones/home.arpa.zone zones/local.zone zones/zone.conf
