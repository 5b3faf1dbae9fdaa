# SPDX-License-Identifier: ISC
# Sourced by ./check and ./start: installs missing Debian packages, without starting their services.
# Quiet if nothing is missing.

# Needed for the build.
build_packages=(gcc make autoconf automake pkg-config libc6-dev libmnl-dev libldns-dev nettle-dev libgmp-dev liburcu-dev
	libcap-ng-dev libjansson-dev libbpf-dev libsystemd-dev)

# Also needed for the demonstration.
demo_packages=(iproute2 bind9-dnsutils)

# Also needed for the tests.
test_packages=(libcmocka-dev clang clang-format libclang-rt-dev llvm binutils mandoc python3 python3-pytest
	python3-dnspython python3-zeroconf iproute2 procps util-linux bind9 bind9-dnsutils bind9-utils ldnsutils graphviz tcpdump
	tinydns dbus python3-dbus python3-gi bubblewrap avahi-daemon avahi-utils libavahi-client-dev knot knot-dnssecutils knot-dnsutils nsd
	dnsmasq-base unbound radvd busybox-static dhcpcd-base isc-dhcp-client strace valgrind systemd s6 podman crun iptables execline
	libnet-dns-sec-perl pebble lego certbot python3-certbot-dns-rfc2136 uacme dehydrated)

# Unpacked for a test of NetworkManager, with those of its libraries that few machines have. If it were installed, it
# would manage the machine's links.
manager_packages=(network-manager libnm0 libndp0 libcurl3-gnutls libpsl5 librtmp1 libssh2-1 libldap-2.5-0
	libnghttp2-14 libbrotli1 libsasl2-2)

# Also needed for the tests in a virtual machine; and a kernel: kernel_package.
vm_packages=(qemu-system-x86 busybox-static cpio)

# Those whose installation enables a service, which a test run must not do.
service_packages=(avahi-daemon bind9 tinydns dbus knot nsd unbound radvd podman certbot)

# Unpacked for the test of Wi-Fi in a virtual machine, with those of its libraries that few machines have; and a
# kernel: kernel_package amd64. If they were installed, they would manage the machine's links.
wifi_packages=(hostapd wpasupplicant iw libnl-3-200 libnl-genl-3-200 libnl-route-3-200 libpcsclite1)

# kernel_package FLAVOUR: the name of the package behind Debian's kernel: cloud-amd64, for virtual machines; or amd64,
# which has drivers of everything.
kernel_package()
{
	apt-cache depends "linux-image-$1" 2>/dev/null | sed -n 's/.*Depends: //p'
}

# is_debian: apt and dpkg exist.
is_debian()
{
	command -v apt-get >/dev/null && command -v dpkg-query >/dev/null
}

# missing_packages NAME...: prints those that are not installed.
missing_packages()
{
	local name
	for name; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
	done
}

# without_services COMMAND...: runs it while policy-rc.d forbids services to be started.
without_services()
(
	policy=/usr/sbin/policy-rc.d
	if [ ! -e $policy ]; then
		trap 'rm -f $policy' EXIT
		trap 'exit 130' INT TERM HUP
		printf '#!/bin/sh\nexit 101\n' >$policy
		chmod 755 $policy
	fi
	"$@"
)

apt_get()
{
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 "$@" </dev/null
}

# update_lists: apt-get update, once per run, and only if something is missing.
update_lists()
{
	[ -z "${lists_updated:-}" ] || return 0
	lists_updated=yes
	apt_get -o APT::Update::Error-Mode=any update >"$package_log" 2>&1
}

# need_packages NAME...: installs missing packages; on failure sets package_fault to one line with the
# reason, and returns 1. The caller sets package_log to a file that takes apt's output.
need_packages()
{
	local missing name fresh=()
	package_fault=
	if ! is_debian; then
		package_fault="not Debian: install what the packages hold yourself: $*"
		return 1
	fi
	mapfile -t missing < <(missing_packages "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		package_fault="not root, so cannot install: ${missing[*]}"
		return 1
	fi
	echo "installing: ${missing[*]}"
	if ! update_lists; then
		package_fault="no package lists (no network?), so cannot install: ${missing[*]}; see $package_log"
		return 1
	fi
	for name in "${service_packages[@]}"; do
		[[ " ${missing[*]} " == *" $name "* ]] && fresh+=("$name")
	done
	if ! without_services apt_get install --no-install-recommends "${missing[@]}" \
		>>"$package_log" 2>&1; then
		package_fault="cannot install: ${missing[*]}: $(grep -m1 '^E:' "$package_log"); see $package_log"
		return 1
	fi
	[ ${#fresh[@]} -eq 0 ] || leave_services_off "${fresh[@]}"
}

# leave_services_off PACKAGE...: services that we installed for tests do not start at the next boot.
leave_services_off()
{
	local unit
	command -v systemctl >/dev/null || return 0
	dpkg -L "$@" 2>/dev/null | sed -n 's,.*/systemd/system/\([a-z-]*\.\(service\|socket\|timer\)\)$,\1,p' |
		while read -r unit; do
			case $unit in dbus.*) ;; *) systemctl -q disable "$unit" 2>/dev/null ;; esac
		done
	return 0
}

# unpack_packages DIR NAME...: the content of packages below DIR, without installing them: for those
# whose installation changes the machine (libnss-mdns edits nsswitch.conf).
unpack_packages()
{
	local dir=$1 name
	shift
	mkdir -p "$dir"
	for name; do
		[ -e "$dir/.$name" ] && continue
		if ! is_debian || ! update_lists; then
			package_fault="cannot download $name"
			return 1
		fi
		(
			download=$(mktemp -d) || exit 1
			trap 'rm -rf "$download"' EXIT
			chmod 755 "$download"
			cd "$download" && apt-get -q download "$name" >>"$package_log" 2>&1 &&
				dpkg-deb -x "$download"/*.deb "$dir"
		) && touch "$dir/.$name" || { package_fault="cannot download $name"; return 1; }
	done
}
