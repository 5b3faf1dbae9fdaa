#!/bin/bash
# SPDX-License-Identifier: ISC
# Each option on a command line in contrib/ is one that the program, as built, has: in units of systemd,
# and in run scripts of s6. The state directories of units are the programs' defaults. The files in
# contrib/resolver are the output of ontap-zone without a running daemon: check-contrib.sh --write writes them.
set -u
here=$PWD
cd "${top_srcdir:-.}" || exit 111

# option_is_known PROGRAM COMMAND OPTION
option_is_known()
{
	"$here/src/$1/$1" ${2:+"$2"} --help 2>&1 | grep -qE -- "(^|[ ,[])$3([ =,]|\]|\[|$)"
}

# check_line FILE WORD...: a command line.
check_line()
{
	local file=$1 program=${2##*/} command= word
	shift 2
	[ -e "$here/src/$program/$program" ] || { echo "$file: there is no $program"; return 1; }
	[ "$program" != ontap-zone ] || command=$1
	for word; do
		[ "$word" != -- ] || break
		case $word in -*) ;; *) continue ;; esac
		option_is_known "$program" "$command" "${word%%=*}" ||
			{ echo "$file: $program has no option ${word%%=*}"; return 1; }
	done
	count=$((count + 1))
}

count=0 failed=0
for file in contrib/*.service contrib/s6/*/run; do
	while read -ra words; do
		check_line "$file" "${words[@]}" || failed=1
	done < <(sed -nE 's/^(ExecStart=|exec )([^0-9].*)/\2/p' "$file" | tr -d '"')
done
# help_of PROGRAM: the help about its options, in one line.
help_of()
{
	local command=
	[ "$1" != ontap-zone ] || command=serve
	"$here/src/$1/$1" ${command:+"$command"} --help | tr -s ' \n' ' '
}

for file in contrib/*.service; do
	program=$(sed -nE 's#^ExecStart=/usr/s?bin/([^ ]*).*#\1#p' "$file")
	while read -r dir; do
		help_of "$program" | grep -q -- "--state=DIR [^(]*(default: /var/lib/$dir)" ||
			{ echo "$file: /var/lib/$dir is not the default of $program --state"; failed=1; }
	done < <(sed -n 's/^StateDirectory=//p' "$file")
done
# recipe PROGRAM VERSION OPTION...: the output of the command, with that version of systemd.
recipe()
{
	local program=$1 version=$2
	shift 2
	printf '#!/bin/sh\necho systemd %s\n' "$version" >"$fake/resolvectl"
	printf '#!/bin/sh\necho dnsmasq\n' >"$fake/busctl"
	chmod +x "$fake/resolvectl" "$fake/busctl"
	PATH=$fake:$PATH "$here/src/ontap-zone/ontap-zone" resolver "$program" --config=/dev/null \
		--socket=/nonexistent/socket "$@" 2>/dev/null
}

# check_recipe FILE PROGRAM VERSION OPTION...
check_recipe()
{
	local file=contrib/resolver/$1
	shift
	[ -z "$write" ] || recipe "$@" >"$file"
	recipe "$@" | diff "$file" - || { echo "$file: not what ontap-zone prints ($0 --write)"; failed=1; }
}

fake=$(mktemp -d) || exit 111
trap 'rm -rf "$fake"' EXIT
write=${1:-}
check_recipe resolved.conf resolved 257
check_recipe ontap.dns-delegate resolved 258
check_recipe dnsmasq.conf dnsmasq 0
check_recipe unbound.conf unbound 0
check_recipe networkmanager.conf networkmanager 0
check_recipe openwrt.sh openwrt 0 --listen=192.168.1.2
[ $failed -eq 0 ] && [ $count -ge 5 ] && echo "$count command lines"
