# Run inside of the machine: the same happenings are watched by each means at once, and what each has
# then in its model is printed after each, as "== STEP MEANS" and the lines of model-dump.
# SPDX-License-Identifier: ISC
cd /run
# watch MEANS: begins to.
watch()
{
	mkfifo in.$1
	model-dump --census=$1 --all-nsids <in.$1 >out.$1 2>err.$1 &
	echo $! >pid.$1
}

# ask STEP: what each has once it is quiet.
ask()
{
	echo dump >&4; echo dump >&5; echo dump >&6
	for by in fexit iter proc; do
		for i in $(seq 100); do
			grep -q '"what": "stats"' out.$by && break
			sleep 0.1
		done
		echo "== $1 $by"
		cat out.$by
		: >out.$by
	done
}

# resources WHEN: kilobytes of memory and descriptors by the best means.
resources()
{
	echo changes >&4
	sleep 1
	: >out.fexit
	echo "== $1 fexit"
	sed -n 's/^RssAnon:/rss/p' /proc/$(cat pid.fexit)/status
	echo "fds $(ls /proc/$(cat pid.fexit)/fd | wc -l)"
}

# count: how many network namespaces the best means knows of.
count()
{
	: >out.fexit
	echo dump >&4
	sleep 0.5
	tr -d '\0' <out.fexit | sed -n 's/.*"namespaces": \([0-9]*\),.*/\1/p'
	: >out.fexit
}

# settle COUNT: until the kernel is done with the namespaces of a storm, which it deletes one after another.
settle()
{
	for i in $(seq 60); do
		[ "$(count)" = "$1" ] && break
	done
}

watch fexit
exec 4>in.fexit
sleep 1
storm 100 || exit # what the first of their kind take is taken for good
resources before
storm 2000 || exit
resources after
settle 1

watch iter
watch proc
exec 5>in.iter 6>in.proc
sleep 1
ask start

unshare -n -u sh -c 'hostname www; exec sleep 600' & www=$!
unshare -n -u sh -c 'echo db >/proc/sys/kernel/hostname; exec sleep 600' & db=$!
unshare -u sh -c 'hostname box; exec sleep 600' & box=$!
unshare -n sleep 600 & bare=$!
sleep 1
ask made

nsenter -t $www -u hostname web
nsenter -t $db -n unshare -u sh -c 'hostname second; exec sleep 600' & second=$!
nsenter -t $www -u -n sleep 600 & inside=$!
nsenter -t $db -n nsenter -t $www -u sh -c 'hostname web; exec sleep 600' & mixed=$!
unshare -U -r -n -u sh -c 'hostname router; exec sleep 600' & rootless=$!
sleep 1
ask changed

kill $www $second
sleep 1
ask half
kill $inside $mixed
sleep 1
ask gone

known=$(count)
storm 60 || exit
settle "$known"
sleep 1
ask storm

# Nobody reads the news while more happens than the buffer holds, then a workload comes and one goes.
echo stall >&4
unshare -n -u sh -c 'i=0; while [ $i -lt 6000 ]; do
	echo n$i >/proc/sys/kernel/hostname; i=$((i + 1)); done; hostname final; exec sleep 600' & final=$!
sleep 1
kill $db
i=0
while [ "$(nsenter -t $final -u hostname)" != final ] && [ $i -lt 40 ]; do
	sleep 0.5
	i=$((i + 1))
done
sleep 1
echo go >&4
sleep 1
ask lost

for by in fexit iter proc; do
	echo "== descriptors $by"
	ls /proc/$(cat pid.$by)/fd | wc -l
	cat err.$by
done
exec 4>&- 5>&- 6>&-
kill $box $bare $rootless $final
exit 0
