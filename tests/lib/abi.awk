# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# Makes of include/uapi/linux/mq_driver.h a program that prints its binary interface: each constant, and of each structure
# the size, the alignment, and of each member where it lies and how long it is.
BEGIN {
	print "#include <linux/mq_driver.h>"
	print "#include <stddef.h>"
	print "#include <stdio.h>"
	print "int main(void)\n{"
}

# A macro with arguments is code, and a string is no number.
/^#define MQ_[A-Z_]+[ \t]/ && !/"/ {
	printf "\tprintf(\"%s %%#llx\\n\", (unsigned long long)%s);\n", $2, $2
}

/^struct mq_[a-z]+ \{/ {
	type = $2
	printf "\tprintf(\"struct %s: size %%zu, alignment %%zu\\n\", sizeof(struct %s), _Alignof(struct %s));\n", type, type, type
	next
}

/^enum mq_[a-z]+ \{/ { values = 1; next }
/^\};/ { type = ""; values = 0 }

values && $1 ~ /^MQ_/ {
	printf "\tprintf(\"%s %%d\\n\", (int)%s);\n", $1, $1
}

type != "" && /;$/ {
	member = $NF
	sub(/\[.*/, "", member)
	sub(/;/, "", member)
	printf "\tprintf(\"  %s at %%zu, %%zu bytes\\n\", offsetof(struct %s, %s), sizeof(((struct %s *)0)->%s));\n", \
		member, type, member, type, member
}

END { print "\treturn 0;\n}" }
