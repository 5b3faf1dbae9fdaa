# Made by ontap-zone resolver, which may replace it.
# Commands for the router's shell.
uci add_list dhcp.@dnsmasq[0].server='/home.arpa/192.168.1.2'
# Its names have private addresses: no attack (rebind_protection).
uci add_list dhcp.@dnsmasq[0].rebind_domain='/home.arpa/'
uci commit dhcp
/etc/init.d/dnsmasq restart
