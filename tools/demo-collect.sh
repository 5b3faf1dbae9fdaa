# SPDX-License-Identifier: ISC
# The demonstration of ./start collect: names that outlive the machine. Sourced by start, with its functions and its
# variables: `lab` is the namespace of the box that collects.
#
#	laptop ──┬── home (a link) ── box ──┐
#	desk  ───┘                          net (a router) ── dns (a secondary elsewhere: Knot)
#	laptop ──────── café ───────────────┘
#
# The bridge of the link is in the router's namespace, too: a box whose own bridge it were would have the hosts for its
# workloads.
# shellcheck shell=bash disable=SC2154
zone=example.org
collect_namespaces=(laptop desk dns net)
collect_packages=(knot bind9-dnsutils)
net=$lab-net box=198.51.100.1 dns=192.0.2.53
declare -A daemons=() # of hosts, by name: the process

# say TEXT...: a step of the play.
say()
{
	printf '\n\033[1m%s\033[0m\n' "$*"
}

# run_in NS COMMAND...: without the lock of the demonstration.
run_in()
{
	local ns=$1
	shift
	ip netns exec "$ns" "$@" 8>&-
}

# exec_in NS COMMAND...: the same for the background: $! is the command itself.
exec_in()
{
	local ns=$1
	shift
	exec ip netns exec "$ns" "$@" 8>&-
}

# join NS LINK PORT ADDRESS...: a link from that namespace to the router.
join()
{
	local ns=$1 link=$2 port=$3
	shift 3
	ip -n "$net" link add "$port" type veth peer name "$link" netns "$ns" && ip -n "$net" link set "$port" up &&
		ip -n "$ns" link set lo up && ip -n "$ns" link set "$link" up && address "$ns" "$link" "$@"
}

# address NS LINK ADDRESS...
address()
{
	local ns=$1 link=$2 addr
	shift 2
	for addr; do
		ip -n "$ns" addr add "$addr" dev "$link" || return
	done
}

# join_home NS ADDRESS...: a link from that namespace to the link at home.
join_home()
{
	join "$1" home "port-${1#"$lab"}" "${@:2}" && ip -n "$net" link set "port-${1#"$lab"}" master home
}

make_collect_host()
{
	ip netns add "$lab-$1" && join_home "$lab-$1" "192.168.7.$2/24" &&
		ip -n "$lab-$1" route add default via 192.168.7.1 && mkdir "$run/$1"
}

make_collect_lab()
{
	run=$(mktemp -d /run/ontap-demo.XXXXXX) && chmod 755 "$run" && mkdir "$run/box" "$run/dns" &&
		ip netns add "$net" && ip -n "$net" link set lo up &&
		run_in "$net" sysctl -qw net.ipv4.ip_forward=1 &&
		ip -n "$net" link add home type bridge forward_delay 0 mcast_snooping 0 &&
		ip -n "$net" link set home up &&
		ip netns add $lab && join_home $lab 192.168.7.1/24 && run_in $lab sysctl -qw net.ipv4.ip_forward=1 &&
		make_collect_host laptop 10 && make_collect_host desk 11 && ip netns add $lab-dns &&
		join $lab world box $box/24 && address "$net" box 198.51.100.254/24 &&
		ip -n $lab route add default via 198.51.100.254 &&
		join $lab-dns eth0 dns $dns/24 && address "$net" dns 192.0.2.1/24 &&
		ip -n $lab-dns route add default via 192.0.2.1 &&
		join $lab-laptop cafe cafe && address "$net" cafe 203.0.113.1/24 &&
		ip -n $lab-laptop link set cafe down || return
	! getent passwd ontap >/dev/null || chown -R ontap "$run"/{box,laptop,desk}
}

# start_daemon NAME NS OPTION...: ontap-zone as host NAME, which sees no other processes and namespaces than its own.
# Returns when it serves.
start_daemon()
{
	local name=$1 ns=$2
	shift 2
	rm -f "$run/$name.ready" && mkfifo "$run/$name.ready" || return
	exec_in "$ns" unshare --uts --pid --mount-proc --fork --kill-child sh -c \
		'hostname "$0" && mount -t tmpfs none /run/netns && exec "$@"' "$name" \
		"$ONTAP_ZONE" serve --domain=$zone --socket="$run/$name.sock" --resolve-socket=no \
		--state="$run/$name" --no-grants --listen=any --assign-nsid=no --ready-fd=9 "$@" \
		9>"$run/$name.ready" 2>>"$run/$name.log" &
	daemons[$name]=$!
	read -r -t 30 <"$run/$name.ready"
}

# start_host NAME: a host that says its name, signed, and sends it to the box wherever it is.
start_host()
{
	start_daemon "$1" "$lab-$1" --publish='*' --update=$box,sig0
}

# stop_host NAME SIGNAL
stop_host()
{
	kill "-$2" "$(cat "/proc/${daemons[$1]}/task/${daemons[$1]}/children")" 2>/dev/null
	wait "${daemons[$1]}" 2>/dev/null
	unset "daemons[$1]"
}

start_box()
{
	start_daemon box $lab --collect=home --dnssec --trust="$run/trust" \
		--allow-transfer=$dns --notify=$dns
}

# make_anchor: the DS of the box's key, as delv wants it.
make_anchor()
{
	local ds
	ds=$("$ONTAP_ZONE" keys ds --socket="$run/box.sock" | sed -n "s/^$zone\.[^;]*[[:space:]]DS[[:space:]]*//p") && [ -n "$ds" ] &&
		echo "trust-anchors { $zone. static-ds $(sed 's/\([^ ]* [^ ]* [^ ]*\) *\(.*\)/\1 "\2"/' <<<"$ds"); };" >"$run/anchor"
}

start_secondary()
{
	cat >"$run/dns/knot.conf" <<-END
	server:
	  rundir: $run/dns
	  listen: $dns@53
	database:
	  storage: $run/dns
	remote:
	  - id: box
	    address: $box
	acl:
	  - id: box
	    address: $box
	    action: notify
	zone:
	  - domain: $zone
	    storage: $run/dns
	    master: box
	    acl: box
	    dnssec-validation: on
	END
	exec_in $lab-dns setpriv --pdeathsig KILL knotd -c "$run/dns/knot.conf" >"$run/dns/log" 2>&1 &
	secondary=$!
}

# validate NAME: what the secondary answers, and delv validates from the DS that the box has printed.
validate()
{
	run_in $lab-dns delv @$dns -a "$run/anchor" +root=$zone "$1" A 2>&1
}

# until_validated TEXT NAME: waits for such an answer, a minute at most.
until_validated()
{
	local text=$1 tries=120 answer
	while answer=$(validate "$2") && ! grep -q "$text" <<<"$answer" && [ $((tries -= 1)) -gt 0 ]; do
		sleep 0.5
	done
	sed 's/^/  /' <<<"$answer"
	[ $tries -gt 0 ]
}

show_collected()
{
	"$ONTAP_ZONE" names --socket="$run/box.sock" | sed 's/^/  /'
}

# A person goes on when he has looked; otherwise the play does.
next()
{
	[ -t 0 ] && [ -t 1 ] || return 0
	printf '\n  (Enter: the next step) '
	read -r || true
}

# play STEP...: each tells what happens, shows it, and says what to try.
play()
{
	local ask="ip netns exec $lab-dns delv @$dns -a $run/anchor +root=$zone"
	say "1. Two hosts on the link say their names, signed. The box serves them; a secondary elsewhere has them."
	until_validated "192.168.7.10" laptop.lan.$zone && until_validated "192.168.7.11" desk.lan.$zone || return
	show_collected
	echo "  try: $ask desk.lan.$zone A"
	next

	say "2. The laptop sleeps: it says goodbye, signed. Its name stays, as its owner decided (--away=keep)."
	stop_host laptop TERM
	until_validated "192.168.7.10" laptop.lan.$zone || return
	show_collected
	echo "  try: $ONTAP_ZONE explain --socket=$run/box.sock laptop"
	next

	say "3. It wakes up in a café, and sends an update that is signed with the same key."
	ip -n $lab-laptop link set home down && ip -n $lab-laptop link set cafe up &&
		address $lab-laptop cafe 203.0.113.10/24 &&
		ip -n $lab-laptop route replace default via 203.0.113.1 && start_host laptop || return
	until_validated "203.0.113.10" laptop.wan.$zone || return
	show_collected
	echo "  try: $ask laptop.wan.$zone A"
	next

	say "4. The desk dies: no goodbye. Nobody answers for it any more, and its name is there."
	ip -n "$net" link set port--desk down
	stop_host desk KILL
	until_validated "192.168.7.11" desk.lan.$zone || return
	echo "  in some minutes it is \"silent\", then \"away\": $ONTAP_ZONE names --socket=$run/box.sock"
	next

	say "5. The laptop comes home, with another address."
	stop_host laptop TERM
	ip -n $lab-laptop link set cafe down && ip -n $lab-laptop addr flush dev home &&
		address $lab-laptop home 192.168.7.99/24 && ip -n $lab-laptop link set home up &&
		ip -n $lab-laptop route replace default via 192.168.7.1 && start_host laptop || return
	until_validated "192.168.7.99" laptop.lan.$zone || return
	show_collected
	echo
	echo "Ctrl-C ends the demonstration."
}

# Runs the play, and waits for the end.
demonstrate_collect()
{
	make_collect_lab || die "cannot make the namespaces of the demonstration"
	: >"$run/trust"
	for name in laptop desk; do
		start_host $name || die "$name did not get ready: $(tail -n 3 "$run/$name.log")"
		"$ONTAP_ZONE" keys show --host --socket="$run/$name.sock" >>"$run/trust" || die "$name has no key"
	done
	start_box || die "the box did not get ready: $(tail -n 3 "$run/box.log")"
	make_anchor || die "the box has no key"
	start_secondary
	play || die "the play stopped: see $run"
	wait "${daemons[box]}"
}
