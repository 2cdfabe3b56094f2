# Prints a greeting and where it runs.
#     bai-agent run examples/hello.sh
echo "Hello from a shell"
echo "process $$ in $(pwd)"
echo "this line goes to the standard error" >&2
