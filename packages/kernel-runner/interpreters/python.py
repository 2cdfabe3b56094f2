"""The runner's program inside Python (3.6 or newer).

Becomes an ipykernel where that is installed, else runs code itself. Descriptors: 3 brings commands, 4 takes events, 5 brings answers to
questions. A command is a word, a blank and base64; an event is a line of JSON. Modules are imported as late as possible: the first
instruction of the user waits for them.
"""
import _ast
import _signal
import binascii
import builtins
import fcntl
import io
import os
import sys

ONLY_AST = 0x400
KEPT_SOURCES = 200


def high(fd):
    """Moves a descriptor out of the way of user code and of the children it starts."""
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 64)
    os.close(fd)
    return moved


def text_of(argument):
    return binascii.a2b_base64(argument).decode("utf-8", "replace")


class Lines(object):
    """Lines of a descriptor, read without buffering objects: an interrupt must not lose bytes."""

    def __init__(self, fd):
        self.fd = fd
        self.rest = b""

    def next(self):
        while b"\n" not in self.rest:
            chunk = os.read(self.fd, 65536)
            if not chunk:
                return None
            self.rest += chunk
        line, self.rest = self.rest.split(b"\n", 1)
        return line


class Channel(object):
    def __init__(self):
        self.commands = Lines(high(3))
        self.events = high(4)
        self.answers = Lines(high(5))

    def send(self, line):
        data = (line + "\n").encode("utf-8")
        while data:
            data = data[os.write(self.events, data):]

    def command(self):
        line = self.commands.next()
        if line is None:
            return None, ""
        word, _, argument = line.partition(b" ")
        return word.decode("ascii"), argument


class Stdin(io.TextIOBase):
    """sys.stdin of the user: each line is asked for. It has no end."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, channel):
        super(Stdin, self).__init__()
        self.channel = channel
        self.buffered = ""

    def ask(self, password=False):
        for stream in (sys.stdout, sys.stderr):
            flush(stream)
        self.channel.send('{"event": "input", "password": %s}' % ("true" if password else "false"))
        answer = self.channel.answers.next()
        return None if answer is None else text_of(answer)

    def readable(self):
        return True

    def isatty(self):
        return False

    def readline(self, size=-1):
        if not self.buffered:
            answer = self.ask()
            if answer is None:
                return ""
            self.buffered = answer + "\n"
        line, newline, rest = self.buffered.partition("\n")
        line += newline
        if size is not None and 0 <= size < len(line):
            line, rest = line[:size], line[size:] + rest
        self.buffered = rest
        return line

    def read(self, size=-1):
        return self.readline(size)

    def close(self):
        """exit() closes stdin before it raises SystemExit; the next run needs it again."""


def flush(stream):
    try:
        stream.flush()
    except Exception:
        pass


def line_buffered(stream):
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(line_buffering=True)
        return stream
    return io.TextIOWrapper(stream.detach(), stream.encoding, stream.errors, line_buffering=True)


class Output(object):
    """Brings stdout and stderr back for the next run when user code closed them."""

    NAMES = ((1, "stdout"), (2, "stderr"))

    def __init__(self):
        self.spare = {}
        for fd, name in self.NAMES:
            self.spare[fd] = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 64)
            setattr(sys, name, line_buffered(getattr(sys, name)))

    def restore(self):
        for fd, name in self.NAMES:
            try:
                os.fstat(fd)
            except OSError:
                os.dup2(self.spare[fd], fd)
            stream = getattr(sys, name, None)
            if stream is None or getattr(stream, "closed", False):
                raw = io.open(fd, "wb", closefd=False)
                errors = "backslashreplace" if fd == 2 else "strict"
                setattr(sys, name, io.TextIOWrapper(raw, "utf-8", errors, line_buffering=True))


class Runner(object):
    def __init__(self, channel):
        self.channel = channel
        self.output = Output()
        self.stdin = sys.stdin = Stdin(channel)
        self.main = type(sys)("__main__")
        self.main.__builtins__ = builtins
        sys.modules["__main__"] = self.main
        self.running = False
        self.count = 0
        self.sources = []
        _signal.signal(_signal.SIGINT, self.interrupted)

    def interrupted(self, number, frame):
        if self.running:
            raise KeyboardInterrupt

    def serve(self):
        self.channel.send('{"event": "ready", "kind": "builtin"}')
        while True:
            if not self.waiting():
                self.prepare()
            word, argument = self.channel.command()
            if word is None:
                return
            if word == "run":
                status = self.run(text_of(argument))
                self.channel.send('{"event": "done", "code": %d}' % status)
            elif word == "complete":
                self.complete(text_of(argument))

    def waiting(self):
        """True when the next command is there already."""
        import select
        return bool(select.select([self.channel.commands.fd], [], [], 0)[0])

    def prepare(self):
        """What user code may need, imported while nobody waits."""
        self.patch_getpass()
        self.publish_sources()

    def patch_getpass(self):
        import getpass
        if getattr(getpass.getpass, "asks_runner", False):
            return

        def ask(prompt="Password: ", stream=None):
            out = stream if stream is not None else sys.stdout
            out.write(prompt)
            flush(out)
            answer = self.stdin.ask(True)
            if answer is None:
                raise EOFError
            return answer

        ask.asks_runner = True
        getpass.getpass = ask

    def publish_sources(self):
        """Lets tracebacks and inspect.getsource show the lines of what was run."""
        import linecache
        while len(self.sources) > KEPT_SOURCES:
            linecache.cache.pop(self.sources.pop(0)[0], None)
        for name, code in self.sources:
            linecache.cache[name] = (len(code), None, code.splitlines(True), name)

    def run(self, code):
        pid = os.getpid()
        self.output.restore()
        if "getpass" in code:
            self.patch_getpass()
        if _signal.getsignal(_signal.SIGINT) != self.interrupted:
            _signal.signal(_signal.SIGINT, self.interrupted)
        status = self.guarded(code)
        flush(sys.stdout)
        flush(sys.stderr)
        if os.getpid() != pid:
            # A forked child that fell out of the user's code must not go on as a second runner.
            os._exit(status)
        self.stdin.buffered = ""
        return status

    def guarded(self, code):
        try:
            try:
                self.running = True
                self.channel.send('{"event": "started"}')
                self.execute(code)
            finally:
                self.running = False
        except SystemExit as error:
            return self.exit_status(error.code)
        except BaseException as error:
            self.show(error)
            return 1
        return 0

    def execute(self, code):
        self.count += 1
        name = "<run-%d>" % self.count
        self.sources.append((name, code))
        tree = compile(code, name, "exec", ONLY_AST, dont_inherit=True)
        last = None
        if tree.body and isinstance(tree.body[-1], _ast.Expr):
            last = _ast.Expression(tree.body.pop().value)
        names = self.main.__dict__
        exec(compile(tree, name, "exec", dont_inherit=True), names)
        if last is None:
            return
        value = eval(compile(last, name, "eval", dont_inherit=True), names)
        if value is not None:
            builtins._ = value
            sys.stdout.write(repr(value))

    def exit_status(self, code):
        if code is None:
            return 0
        if isinstance(code, int):
            return code & 0xFF
        self.write_error("%s\n" % (code,))
        return 1

    def show(self, error):
        import traceback
        self.publish_sources()
        frames = error.__traceback__
        while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
            frames = frames.tb_next
        try:
            if sys.excepthook is not sys.__excepthook__:
                sys.excepthook(type(error), error, frames)
                return
            text = "".join(traceback.format_exception(type(error), error, frames))
        except BaseException:
            text = "%s: its traceback cannot be shown\n" % type(error).__name__
        self.write_error(text)

    def write_error(self, text):
        flush(sys.stdout)
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except Exception:
            os.write(self.output.spare[2], text.encode("utf-8", "backslashreplace"))

    def complete(self, prefix):
        matches = []
        try:
            matches = self.matches(prefix)
        except Exception:
            pass
        import json
        self.channel.send(json.dumps({"event": "completion", "matches": matches}))

    def matches(self, prefix):
        import re
        # rlcompleter imports readline if it can, and that writes to the terminal.
        hidden = sys.modules.get("readline", self)
        sys.modules["readline"] = None
        try:
            import rlcompleter
        finally:
            if hidden is self:
                del sys.modules["readline"]
            else:
                sys.modules["readline"] = hidden
        word = re.search(r"[\w.]*$", prefix).group()
        completer = rlcompleter.Completer(self.main.__dict__)
        found = []
        for state in range(1000):
            match = completer.complete(word, state) if word else None
            if match is None:
                break
            found.append(match.rstrip(" ():"))
        return found


def become_ipykernel(channel):
    channel.send('{"event": "ready", "kind": "ipykernel"}')
    word, argument = channel.command()
    if word != "jupyter":
        return
    connection_file = text_of(argument)
    import ipykernel
    if ipykernel.version_info[0] >= 6:
        # It publishes what arrives at descriptors 1 and 2, and passes it on to where they led: that would be twice.
        with Muted():
            from ipykernel.kernelapp import IPKernelApp
        mute()
    else:
        from ipykernel.kernelapp import IPKernelApp

    class KernelApp(IPKernelApp):
        def initialize(self, argv=None):
            # The debugger, which is loaded here, complains about modules that it can't break in.
            quiet = "PYDEVD_DISABLE_FILE_VALIDATION"
            own = quiet not in os.environ
            os.environ.setdefault(quiet, "1")
            super(KernelApp, self).initialize(argv)
            if own:
                del os.environ[quiet]

        def init_iopub(self, context):
            # Publishing drops messages at the high-water mark, even the one that says that a run is over.
            context.sndhwm = 100000
            super(KernelApp, self).init_iopub(context)

        def log_connection_info(self):
            """The user doesn't connect to this kernel."""

    # The first completion with jedi takes seconds.
    KernelApp.launch_instance(argv=["-f", connection_file, "--IPCompleter.use_jedi=False"])


def mute():
    nothing = os.open(os.devnull, os.O_WRONLY)
    for fd in (1, 2):
        os.dup2(nothing, fd)
    os.close(nothing)


class Muted(object):
    """Keeps the chatter of an import from the user, but not its failure."""

    def __enter__(self):
        self.spare = [(fd, fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 64)) for fd in (1, 2)]
        mute()

    def __exit__(self, *failure):
        for fd, spare in self.spare:
            os.dup2(spare, fd)
            os.close(spare)


def has_ipykernel():
    from importlib.machinery import PathFinder
    return PathFinder.find_spec("ipykernel") is not None


def main():
    builtin_only = "--builtin" in sys.argv[1:]
    sys.argv = [""]
    if sys.path and os.path.samefile(sys.path[0] or ".", os.path.dirname(os.path.abspath(__file__))):
        sys.path[0] = ""
    channel = Channel()
    if not builtin_only and has_ipykernel():
        become_ipykernel(channel)
    else:
        Runner(channel).serve()
        # Threads of the user must not keep an interpreter alive whose runner is gone.
        flush(sys.stdout)
        os._exit(0)


if __name__ == "__main__":
    # Kept: user code gets a __main__ of its own, and an unreferenced module would lose its names.
    this_module = sys.modules["__main__"]
    main()
