"""The init systems, each with its own tools: how a root for it is made and how its operator says start, stop, restart,
reload and status. A command answers with what subprocess.run returns.
"""
import pathlib
import shutil


class BusyBox:
    """Nothing but BusyBox: its shell, its start-stop-daemon."""
    name = init = "busybox"
    base = "empty"
    defaults = "/etc/default/postern"
    supervises = False      # brings a server back that died
    holds_restart = True    # does not stop a server for one that could not start
    checks = True           # says what is wrong with the configuration, instead of the server in its log
    log = None

    def __init__(self, root):
        self.root = root

    @staticmethod
    def prepare(root):
        root.check_outside("install", "-D", shutil.which("busybox"), root.mount_point / "bin/busybox")
        root.check_outside("chroot", root.mount_point, "/bin/busybox", "--install", "-s", "/bin")
        root.check("mkdir", "-p", "/etc", "/var")
        root.check("ln", "-s", "../run", "/var/run")
        root.write("/etc/passwd", "root:x:0:0::/:/bin/sh\npostern:x:900:900::/:/bin/false\n")
        root.write("/etc/group", "root:x:0:\npostern:x:900:\n")

    def command(self, word):
        return self.root.run("/etc/init.d/S50postern", word)

    def said(self, ended):
        """All that the operator can read about a command."""
        return ended.stdout + ended.stderr

    def read_log(self):
        return self.root.run("cat", self.log).stdout

    def start(self):
        return self.command("start")

    def stop(self):
        return self.command("stop")

    def restart(self):
        return self.command("restart")

    def reload(self):
        return self.command("reload")

    def status(self):
        return self.command("status")


class Procd(BusyBox):
    """BusyBox, and what stands in for OpenWrt's rc.common and writes down what procd is told; nothing is started."""
    name = init = "procd"
    defaults = "/etc/config/postern"
    calls = "/run/procd-calls"

    @staticmethod
    def prepare(root):
        BusyBox.prepare(root)
        root.write("/etc/rc.common", (pathlib.Path(__file__).parent / "rc.common").read_text())

    def command(self, word):
        """The result of a word, and what procd was told, a list of words a call."""
        self.root.write(self.calls, "")
        ended = self.root.run("/etc/init.d/postern", word)
        return ended, [line.split() for line in self.root.read(self.calls).splitlines()]


class SysV(BusyBox):
    """Debian's start-stop-daemon and init-functions."""
    name = init = "sysv"
    base = "machine"

    @staticmethod
    def prepare(root):
        root.check("useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", "postern")

    def command(self, word):
        return self.root.run("/etc/init.d/postern", word)


class OpenRC(SysV):
    """openrc-run and supervise-daemon."""
    name = init = "openrc"
    defaults = "/etc/conf.d/postern"
    supervises = True

    @staticmethod
    def prepare(root):
        SysV.prepare(root)
        # As if OpenRC had booted this root: without its folder of states it starts nothing.
        for state in ("daemons", "exclusive", "failed", "hotplugged", "inactive", "options", "scheduled", "started",
                      "starting", "stopping", "wasinactive"):
            root.check("mkdir", "-p", f"/run/openrc/{state}")
        root.write("/run/openrc/softlevel", "default")

    def command(self, word):
        return self.root.run("rc-service", "postern", word, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})


class Runit(SysV):
    """runsvdir over a folder of services, and sv."""
    name = init = "runit"
    supervises = True
    holds_restart = checks = False
    log = "/var/log/postern/current"

    def __init__(self, root):
        super().__init__(root)
        self.root.check("mkdir", "/run/service")
        self.scanner = self.root.start("runsvdir", "-P", "/run/service")

    def start(self):
        self.root.check("ln", "-sfn", "/etc/sv/postern", "/run/service/postern")
        # The scanner looks every five seconds.
        self.root.check("sh", "-c", "until sv status /run/service/postern | grep -q ^run; do sleep 0.1; done")
        return self.command("start")

    def status(self):
        return self.root.run("sh", "-c", "sv status /run/service/postern | grep ^run:")

    def command(self, word):
        return self.root.run("sv", "-w", "20", word, "/run/service/postern")


class S6(Runit):
    """s6-svscan over a folder of services, and s6-svc."""
    name = init = "s6"

    def __init__(self, root):
        SysV.__init__(self, root)
        self.root.check("mkdir", "/run/service")
        self.scanner = self.root.start("s6-svscan", "/run/service")

    def start(self):
        self.root.check("cp", "-r", "/etc/s6/postern", "/run/service/")
        self.root.check("sh", "-c", "until s6-svscanctl -a /run/service; do sleep 0.1; done")
        self.root.check("sh", "-c", "until s6-svok /run/service/postern; do sleep 0.1; done")
        return self.root.run("s6-svc", "-wu", "-T20000", "-u", "/run/service/postern")

    def status(self):
        return self.root.run("sh", "-c", "s6-svstat -o up /run/service/postern | grep -x true")

    def command(self, word):
        options = {"stop": ["-wD", "-d"], "restart": ["-wr", "-r"], "reload": ["-h"]}
        return self.root.run("s6-svc", "-T20000", *options[word], "/run/service/postern")


class Systemd(SysV):
    """systemd as the first process, and systemctl."""
    name = init = "systemd"
    base = "systemd"
    supervises = True
    holds_restart = False

    def __init__(self, root):
        super().__init__(root)
        self.root.check("sh", "-c", "until systemctl start systemd-journald 2>/dev/null; do sleep 0.1; done")
        self.root.check("systemctl", "daemon-reload")

    def said(self, ended):
        return super().said(ended) + self.root.run("journalctl", "--no-pager", "-u", "postern").stdout

    def command(self, word):
        return self.root.run("systemctl", word, "postern")


EVERY = [BusyBox, SysV, OpenRC, Runit, S6, Systemd]
