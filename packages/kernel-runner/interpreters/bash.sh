# What an interactive bash reads at its start; see shell.sh. Commands come as lines on stdin, 8 takes events, 6 brings answers.
exec 2>&9 9>&-
unset ENV HISTFILE PROMPT_COMMAND
PS1= PS2=
set +o history
# An interactive bash ignores SIGTERM, with which the runner ends its children.
trap 'builtin exit 143' TERM

__bai_question() {
  __bai_password=false
  while [ $# -gt 0 ]; do
    case $1 in
      -*s*) __bai_password=true ;;
    esac
    case $1 in
      -*p) builtin printf %s "${2-}"; shift ;;
      -p*) builtin printf %s "${1#-p}" ;;
      -*) ;;
      *) break ;;
    esac
    shift
  done
  builtin printf '{"event": "input", "password": %s}\n' "$__bai_password" >&8
}

# stdin is /dev/null unless the code redirects it: only then there is somebody to ask.
read() {
  if [ /dev/fd/0 -ef /dev/null ]; then
    __bai_question "$@"
    builtin read "$@" <&6
  else
    builtin read "$@"
  fi
}

# An interactive bash says "exit" when it ends.
case :$SHELLOPTS: in
  *:posix:*) ;;
  *) eval 'exit() { { builtin exit "$@"; } 2>/dev/null; }' ;;
esac

builtin printf '{"event": "ready", "kind": "bash"}\n' >&8
