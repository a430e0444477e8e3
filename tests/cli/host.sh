#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# What the command mq says where there is no device: use, help, the missing module; and the completions of bash and zsh.
#
#   host.sh MQ      MQ: the built program
#
# Prints TAP, then "N passed, N failed"; exits 0 only if all passed.
set -u
if [ "${1-}" = --help ] || [ $# -ne 1 ]; then
	sed -n '5,9s/^# \{0,1\}//p' "$0"
	[ "${1-}" = --help ]
	exit $(($? * 2))
fi
here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
mq=$(readlink -f "$1")
completion=$here/../../cli/completion
commands='list info send all recv call serve wait watch monitor top bench shell doctor help'

# ---- use ----

refused()	# WHAT COMMAND...: a usage error that says WHAT
{
	_what=$1
	shift
	run "$mq" "$@"
	exits 2 "mq $*: 2"
	says "$_what" "mq $*: says why"
}

run "$mq"
exits 2 'mq alone: 2'
says 'mq send' 'and shows the commands'
run "$mq" --help
exits 0 'mq --help'
is "$(sed -n 's/^  mq \([a-z]*\).*/\1/p' "$dir/out" | tr '\n' ' ')" "$commands " 'lists the commands'
run "$mq" --version
exits 0 'mq --version'
grep -qxE 'mq [0-9]+\.[0-9]+\.[0-9]+' "$dir/out"
report $? 'is one line' "$(cat "$dir/out")"
for command in $commands; do
	[ "$command" != help ] || continue
	run "$mq" "$command" --help
	exits 0 "mq $command --help"
	is "$(sed -n 's/^\(use: mq [a-z]*\).*/\1/p;q' "$dir/out")" "use: mq $command" 'says how to use it'
	is "$(awk 'length > 100' "$dir/out" | wc -l)" 0 'and fits a screen'
done
run "$mq" help send
is "$(head -n 1 "$dir/out")" 'use: mq send [OPTION]... NAME [TEXT]' 'mq help send'
run "$mq" --help send
is "$(head -n 1 "$dir/out")" 'use: mq send [OPTION]... NAME [TEXT]' 'mq --help send'
refused 'there is no command sned; mq help lists them' sned bob hi
refused 'something is missing: mq send NAME [TEXT]' send
refused "'there' is one too many" send bob hello there
refused 'a text with spaces is quoted' send bob hello there
refused 'there is no option --foo' recv bob --foo
refused 'there is no option -q' recv bob -q
refused 'there is no option -5; a text that begins with - goes behind --' send temp -5
refused 'there is no option --5; a text that begins with - goes behind --' send temp --5
refused '-t stands behind the command' -t 2s send bob hi
refused '--json stands behind the command' --json list
refused '-D needs a device' -D
refused "'b' is one too many: mq wait NAME (mq wait --help)" wait a b
refused '--count needs a value' recv bob -n
refused '--json takes no value' recv bob --json=yes
refused "'0' is no number from 1" recv bob -n 0
refused "'-1' is no number" recv bob -n -1
refused "'9x' is no number" recv bob -n 9x
refused "'99999999999999999999' is no number" recv bob -n 99999999999999999999
refused "'65537' is no number from 1 to 65536" recv bob --depth 65537
refused "'just' is not overwrite, reject, block or fair" recv bob --policy just
refused "'all' is not anyone, group or user" serve bob --echo --access all
refused 'one of --echo and --exec CMD' serve bob
refused 'one of --echo and --exec CMD' serve bob --echo --exec cat
refused 'leave --json out' recv bob --json --exec cat
refused 'one alone says what to send' send bob hi -l
refused 'one alone says what to send' send bob -l -f x
refused 'one alone says what to send' call bob hi -f x
refused 'takes none' list bob
for time in '' x 1x 1e3 0x10 -1s 1.2.3 inf s . 1m30s; do
	refused "'$time' is no time" wait bob -t "$time"
done
refused 'is too long a time' wait bob -t 99999999999h

# ---- no device ----

nodevice=$dir/nowhere
for time in 0 200ms 2s 1.5m 1h 7d 5us 0.5; do
	run "$mq" wait bob -t $time -D "$nodevice"
	exits 8 "-t $time is a time; no device: 8"
done
says "there is no $nodevice: load the module, as root: modprobe mq_driver" 'and says what to do'
run "$mq" -D "$nodevice" send bob hi
exits 8 'options in front of the command: 8'
says "$nodevice" 'and heeds -D'
run "$mq" send --device="$nodevice" bob hi
exits 8 'options before operands'
run "$mq" send bob hi --device "$nodevice"
exits 8 'options behind operands'
run "$mq" list -D /dev/null
exits 8 'what is no device of mq: 8'
run "$mq" list --he
exits 0 'options may be shortened'
"$mq" help >/dev/full 2>"$dir/err"
rc=$?
exits 1 'an output that is full: 1'
says 'standard output cannot be written' 'and says so'

# ---- mq(1) ----

page=$here/../../man/mq.1
is "$(sed -n '/^\.Sh JSON/,/^\.Sh EXIT/s/^\.It Cm //p' "$page" | tr '\n' ' ')" \
	"$(echo "$message_keys $status_keys $driver_keys $event_keys $passed_keys " | tr -d '?')" 'mq(1) has the fields of --json that are tested'
is "$(sed -n '/^\.Sh EXIT/,/^\.Sh TERM/s/^\.It //p' "$page" | tr '\n' ' ')" '0 1 2 3 4 5 6 7 8 124 130 ' 'mq(1) has the exit codes'
for command in $commands; do
	grep -q "^\.It Cm $command\>" "$page"
	report $? "mq(1) has mq $command"
	[ "$command" != help ] || continue
	for option in $("$mq" "$command" --help | sed -n 's/^  [ ]*\(-., \)\{0,1\}--\([a-z-]*\) .*/\2/p'); do
		grep -qE "Fl -$option\>|Fl .*, -$option\>" "$page"
		report $? "mq(1) has mq $command --$option"
	done
done

# ---- completion ----

# A mq that has names, some of them wicked: a completion that expands one makes a file.
mkdir "$dir/bin" "$dir/empty"
cat >"$dir/bin/mq" <<END
#!/bin/sh
[ "\$1" != -D ] || { [ "\$2" = other ] || exit 8; shift 2; set -- list-other; }
case \$1 in
list) printf '%s\t1\n' bob bond '\$(>pwned)' '\`>pwned\`' "it's" 'a*' 'x:1' 'x:2' 'y=1' ;;
list-other) printf 'only\t1\n' ;;
*) exec $mq "\$@" ;;
esac
END
chmod +x "$dir/bin/mq"
ln -s mq "$dir/bin/mqctl"

# bash_completes WANTED WHAT WORD...: the last word is completed to these lines
bash_completes()
{
	_wanted=$1
	_what=$2
	shift 2
	# shellcheck disable=SC2016 # for the inner shell
	_got=$(cd "$dir/empty" && PATH=$dir/bin:$PATH bash --norc -c '
		. "$1" || exit 1
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		complete -p "$1" >/dev/null || exit 1
		_mq
		printf "%s\n" "${COMPREPLY[@]}"' bash "$completion/mq" "$@" 2>&1)
	is "$_got" "$_wanted" "bash: $_what"
}

bash_completes 'send
serve' 'commands' mq se
bash_completes 'recv' 'commands of the alias' mqctl re
bash_completes 'bob
bond' 'live names' mq send bo
bash_completes 'bob' 'live names behind options' mq call -t 2s --json bob
bash_completes "bob
bond
\\\$\\(\\>pwned\\)
\\\`\\>pwned\\\`
it\\'s
a\\*
x:1
x:2
y=1" 'wicked names are quoted' mq wait ''
bash_completes "\\\$\\(\\>pwned\\)" 'a wicked name alone' mq info "\$("
bash_completes 'only' 'names of another device' mq -D other send on
bash_completes '' 'no names where a text is due' mq send bob bo
bash_completes '' 'no live name for recv, which takes a new one' mq recv bo
bash_completes '--depth
--device' 'options' mq recv bob --de
bash_completes '--gone' 'options of another command' mq wait --g
bash_completes 'overwrite' 'policies' mq recv bob --policy o
bash_completes 'fair' 'the policy fair' mq recv bob --policy f
bash_completes 'group' 'who may send' mq recv bob --access g
bash_completes 'send
serve' 'help' mq help se
: >"$dir/empty/a file"
bash_completes 'a file' 'files' mq send bob -f a
rm "$dir/empty/a file"
bash_completes '' 'a number is nobody' mq recv bob -n ''

# bash_parts WANTED WHAT LINE WORD...: likewise, with the line parted at : and = as Readline does it, and by it
# only what stands behind the last of them is replaced
bash_parts()
{
	_wanted=$1
	_what=$2
	shift 2
	# shellcheck disable=SC2016 # for the inner shell
	_got=$(cd "$dir/empty" && PATH=$dir/bin:$PATH bash --norc -c '
		. "$1" || exit 1
		COMP_LINE=$2 COMP_WORDBREAKS=" :=" COMP_POINT=${#2}
		shift 2
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_mq
		printf "%s\n" "${COMPREPLY[@]}"' bash "$completion/mq" "$@" 2>&1)
	is "$_got" "$_wanted" "bash: $_what"
}

bash_parts 'x:1
x:2' 'names with a colon' 'mq send x' mq send x
bash_parts '1
2' 'names with a colon, behind it' 'mq send x:' mq send x :
bash_parts '2' 'names with a colon, to the end' 'mq  send  x:2' mq send x : 2
bash_parts '1' 'names with a =' 'mq send y=1' mq send y = 1
bash_parts '' 'no name behind a name with a colon' 'mq send x:1 bo' mq send x : 1 bo
bash_parts 'bob
bond' 'names behind --as=x' 'mq send --as=x bo' mq send --as = x bo
bash_parts 'overwrite' '--policy=' 'mq recv bob --policy=o' mq recv bob --policy = o

# As it is typed, with the keys, in a real shell that loads the file by itself.
# shellcheck disable=SC2016 # for the inner shell
typed=$(cd "$dir/empty" && PATH=$dir/bin:$PATH bash --norc -i 2>/dev/null <<END
. "$completion/mq"
complete -p mq mqctl
END
)
is "$typed" 'complete -F _mq mq
complete -F _mq mqctl' 'bash: an interactive shell takes it'

if command -v zsh >/dev/null; then
	# shellcheck disable=SC2016 # for the inner shell
	zsh_completes()
	{
		_wanted=$1
		_what=$2
		shift 2
		_got=$(cd "$dir/empty" && PATH=$dir/bin:$PATH zsh -f -c '
			file=$1
			shift
			typed=${@[-1]}
			compset() { [[ "$*" == "-P 1 *=" ]] && typed=${typed#*=}; }
			compadd() { [[ $1 == -- ]] && shift; print -l -- ${(M)@:#${typed}*}; }
			complete_it() { source $file; }
			words=("$@") CURRENT=$#
			complete_it' zsh "$completion/_mq" "$@" 2>&1)
		is "$_got" "$_wanted" "zsh: $_what"
	}
	zsh -n "$completion/_mq"
	report $? 'zsh: the file is well formed'
	zsh_completes 'send
serve' 'commands' mq se
	zsh_completes 'bob
bond' 'live names' mq send bo
	# shellcheck disable=SC2016 # shall not be expanded
	zsh_completes '$(>pwned)' 'a wicked name is not expanded' mq info '$('
	zsh_completes '--depth
--device' 'options' mq recv bob --de
	zsh_completes 'reject' 'policies' mq recv bob --policy r
	zsh_completes 'fair' '--policy=' mq recv bob --policy=f
	zsh_completes 'group' '--access=' mq serve bob --access=g
	zsh_completes '' 'no name behind another option with a =' mq send --as=b
fi
[ -z "$(ls "$dir/empty")" ]
report $? 'no name was run as a command' "$(ls "$dir/empty")"
finish
