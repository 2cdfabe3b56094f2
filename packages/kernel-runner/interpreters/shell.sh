# The runner's program inside a POSIX shell. It is given descriptors 3 (commands), 4 (events) and 5 (answers to questions), and moves
# them to 7, 8 and 6, which scripts use less. A command is one line: the code, with `\` as `\\` and line ends as `\n`.
# $1: this file; $2: the file that bash reads instead of the rest of it.
exec 7<&3 8>&4 6<&5 3<&- 4>&- 5<&-

# Only an interactive bash goes on after an interrupt. It complains about the missing terminal before it reads the file.
if [ -n "${BASH_VERSION-}" ]; then
  exec 9>&2 2>/dev/null
  ENV=$2 exec "$BASH" --noprofile --rcfile "$2" --noediting +H +m -i <&7 7<&-
fi

set --

__bai_prompt() {
  while [ $# -gt 1 ]; do
    case $1 in
      -*p) command printf %s "$2"; return ;;
      -p*) command printf %s "${1#-p}"; return ;;
      -*) shift ;;
      *) return ;;
    esac
  done
}

# stdin is /dev/null unless the code redirects it: only then there is somebody to ask.
read() {
  if [ /dev/fd/0 -ef /dev/null ]; then
    __bai_prompt "$@"
    command printf '{"event": "input", "password": false}\n' >&8
    command read "$@" <&6
  else
    command read "$@"
  fi
}

trap : INT
command printf '{"event": "ready", "kind": "sh"}\n' >&8
while :; do
  if IFS= command read -r __bai_line <&7; then
    __bai_code=$(command printf '%bx' "$__bai_line")
    __bai_code=${__bai_code%x}
    __bai_interrupted=
    # `command` keeps the shell alive through errors in the code. On an interrupt the trap makes such an error, which leads back here.
    command eval '
      trap "__bai_interrupted=1; { \${__bai_unset:?}; } 2>/dev/null" INT
      command printf "{\"event\": \"started\"}\n" >&8
      eval "$__bai_code"' </dev/null
    __bai_status=$?
    trap : INT
    if [ -n "$__bai_interrupted" ]; then __bai_status=130; fi
    command printf '{"event": "done", "code": %d}\n' "$__bai_status" >&8
  elif [ $? -le 128 ]; then
    exit 0
  fi
done
