#!/usr/bin/python3 -B
# SPDX-License-Identifier: ISC
"""As much of systemd-logind as a program needs that says goodbye before sleep. It obeys lines: "sleep" announces a sleep, and
says "asleep" once nobody delays it any more, as far as its patience goes; "wake" says "awake"; "holders" says who delays."""
import os
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME, PATH, MANAGER = "org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager"
PATIENCE_MS = 5000


def say(words):
    print(words, flush=True)


class Manager(dbus.service.Object):
    def __init__(self, bus):
        super().__init__(bus, PATH)
        self.holders = {}
        self.sleeps = self.is_delayed = False

    @dbus.service.method(MANAGER, in_signature="ssss", out_signature="h")
    def Inhibit(self, what, who, _why, mode):
        if (what, mode) != ("sleep", "delay"):
            raise dbus.DBusException("not here")
        ours, theirs = os.pipe()
        self.holders[ours] = str(who)
        GLib.io_add_watch(ours, GLib.PRIORITY_DEFAULT, GLib.IO_HUP, self.let_go)
        given = dbus.types.UnixFd(theirs)
        os.close(theirs)
        return given

    def let_go(self, fd, _condition):
        os.close(fd)
        del self.holders[fd]
        self.fall_asleep()
        return False

    @dbus.service.method("org.freedesktop.DBus.Properties", in_signature="ss", out_signature="v")
    def Get(self, interface, name):
        if (interface, name) != (MANAGER, "PreparingForSleep"):
            raise dbus.DBusException("not here")
        return dbus.Boolean(self.sleeps)

    @dbus.service.signal(MANAGER, signature="b")
    def PrepareForSleep(self, start):
        pass

    def fall_asleep(self, has_waited=False):
        if self.is_delayed and (has_waited or not self.holders):
            self.is_delayed = False
            say("asleep, without patience" if has_waited else "asleep")
        return False

    def obey(self, source, condition):
        line = source.readline().strip()
        if line == "sleep":
            self.sleeps = self.is_delayed = True
            self.PrepareForSleep(True)
            GLib.timeout_add(PATIENCE_MS, self.fall_asleep, True)
            self.fall_asleep()
        elif line == "wake":
            self.sleeps = False
            self.PrepareForSleep(False)
            say("awake")
        elif line == "holders":
            say(" ".join(self.holders.values()))
        else:
            sys.exit(0)
        return True


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
system = dbus.SystemBus()
manager = Manager(system)
claim = dbus.service.BusName(NAME, system)
GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, manager.obey)
say("ready")
GLib.MainLoop().run()
