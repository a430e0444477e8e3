// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the device tests one by one and prints TAP.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"
#include "runner.h"

#include <dirent.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define MQ_DEFAULT_TIMEOUT 60

const char *mq_module_path = "/lib/mq/mq_driver.ko";

static struct mq_test *mq_tests;
static struct mq_helper *mq_helpers;
static int mq_timeout = MQ_DEFAULT_TIMEOUT;

/* Why the current test failed: printed below its "not ok". */
static char mq_reasons[16384];
static bool mq_failed, mq_skipped;

/* ---- registration: by file, then in the order of the file -------------- */

static int mq_test_order(const struct mq_test *a, const struct mq_test *b)
{
	int by_file = strcmp(a->file, b->file);

	return by_file ? by_file : a->line - b->line;
}

void mq_test_add(struct mq_test *test)
{
	struct mq_test **at = &mq_tests;

	while (*at && mq_test_order(*at, test) < 0)
		at = &(*at)->next;
	test->next = *at;
	*at = test;
}

void mq_helper_add(struct mq_helper *helper)
{
	helper->next = mq_helpers;
	mq_helpers = helper;
}

static int mq_helper_main(int argc, char **argv)
{
	struct mq_helper *h;

	for (h = mq_helpers; h; h = h->next)
		if (!strcmp(h->name, argv[0]))
			return h->run(argc, argv);
	fprintf(stderr, "no helper %s\n", argv[0]);
	return 2;
}

/* The patterns of -x, and behind them NULL. */
static char *mq_left_out[16];

static void mq_leave_out(char *pattern)
{
	size_t i = 0;

	while (mq_left_out[i])
		i++;
	if (i + 1 == sizeof(mq_left_out) / sizeof(*mq_left_out)) {
		fprintf(stderr, "mq-device-tests: more than %zu times -x\n", i);
		exit(2);
	}
	mq_left_out[i] = pattern;
}

static bool mq_test_is_wanted(const struct mq_test *test, char **patterns)
{
	char text[512], **x;

	snprintf(text, sizeof(text), "%s:%s: %s", test->file, test->name,
		 test->promise);
	for (x = mq_left_out; *x; x++)
		if (strstr(text, *x))
			return false;
	if (!*patterns)
		return true;
	for (; *patterns; patterns++)
		if (strstr(text, *patterns))
			return true;
	return false;
}

/* ---- verdict of one test ------------------------------------------------ */

static void mq_blame(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static void mq_blame(const char *format, ...)
{
	size_t used = strlen(mq_reasons);
	va_list args;

	mq_failed = true;
	va_start(args, format);
	vsnprintf(mq_reasons + used, sizeof(mq_reasons) - used, format, args);
	va_end(args);
}

static void mq_reasons_print(void)
{
	char *line, *rest = mq_reasons;

	while ((line = strsep(&rest, "\n")))
		if (*line)
			printf("# %s\n", line);
}

/* A report that comes in pieces is read on until its newline. */
static void mq_report_take(int pipe)
{
	char text[4096];
	ssize_t got = read(pipe, text, sizeof(text) - 1);
	char *line, *rest = text;

	if (got <= 0)
		return;
	text[got] = 0;
	while ((line = strsep(&rest, "\n"))) {
		if (!*line)
			continue;
		if (*line == MQ_REPORT_SKIP) {
			mq_skipped = true;
			snprintf(mq_reasons, sizeof(mq_reasons), "%s", line + 1);
		} else {
			mq_blame("%s\n", line + 1);
		}
	}
}

/* ---- kernel log ----------------------------------------------------------- */

static bool mq_is_complaint(const char *line)
{
	static const char *const words[] = {
		"BUG", "WARNING", "KASAN", "UBSAN", "kmemleak",
		"lockdep", "possible recursive", "INFO:", "Call Trace",
		"Oops", "rcu_", "rcu:", "RCU", "general protection",
		"blocked for more than", "soft lockup", "refcount_t",
		"corruption", "Bad page", "ODEBUG", "Kernel panic", NULL
	};
	int i;

	for (i = 0; words[i]; i++)
		if (strstr(line, words[i]))
			return true;
	return false;
}

/* What KCSAN tells of a data race, as far as it has been read. */
struct mq_race {
	bool is_open;
	bool is_ours;
	bool is_met;	/* what follows is what an interrupt came upon */
	char text[4096];
};

/*
 * The kernel has data races of its own, which are none of ours: one counts if a
 * function of the driver's is in it, but for one that an interrupt only met. It ends
 * with a rule. Returns whether the line belongs to one.
 */
static bool mq_race_take(struct mq_race *race, const char *line)
{
	size_t used;

	if (strstr(line, "BUG: KCSAN:"))
		*race = (struct mq_race){ .is_open = true };
	if (!race->is_open)
		return false;
	if (strstr(line, " bytes by "))
		race->is_met = false;
	if (strstr(line, " asm_sysvec_"))
		race->is_met = true;
	if (strstr(line, "[mq_driver]") && !race->is_met)
		race->is_ours = true;
	used = strlen(race->text);
	snprintf(race->text + used, sizeof(race->text) - used, "kernel: %s\n",
		 line);
	race->is_open = strncmp(line, "====================", 20);
	if (!race->is_open && race->is_ours)
		mq_blame("%s", race->text);
	return true;
}

static bool mq_is_allowed(const char *line, const struct mq_test *test)
{
	if (test->log_may && strstr(line, test->log_may))
		return true;
	return test->log_traces &&
	       (strstr(line, "Call Trace") || (*line == ' ' && strstr(line, "+0x")));
}

static void mq_log_check(int log, const struct mq_test *test)
{
	struct mq_race race = { false };
	bool complained = false;
	char line[1024];
	int shown = 0;

	while (mq_log_next(log, line, sizeof(line), NULL)) {
		if (mq_race_take(&race, line))
			continue;
		if (mq_is_complaint(line) && !mq_is_allowed(line, test))
			complained = true;
		/* A splat is shown from its first line on. */
		if (complained && shown++ < 60)
			mq_blame("kernel: %s\n", line);
	}
	if (race.is_open)
		mq_blame("%s", race.text);
}

/* ---- processes of a test ---------------------------------------------------- */

static pid_t mq_parent_of(const char *pid)
{
	char path[300], text[512] = "", *end;
	int fd, ppid = 0;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) > 0) {
		end = strrchr(text, ')');
		if (end)
			sscanf(end + 1, " %*c %d", &ppid);
	}
	close(fd);
	return ppid;
}

/* Also what left the process group: orphans come to the runner. */
static void mq_kill_children(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc)))
		if (mq_parent_of(entry->d_name) == getpid())
			kill(atoi(entry->d_name), SIGKILL);
	if (proc)
		closedir(proc);
}

static void mq_kill_all(pid_t group)
{
	long long until = mq_now_ms() + mq_timeout * 1000LL;

	kill(-group, SIGKILL);
	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0 && errno == ECHILD)
			return;
		if (pid)
			continue;
		if (mq_now_ms() > until) {
			mq_blame("a process does not die of SIGKILL\n");
			return;
		}
		mq_kill_children();
		mq_sleep_ms(1);
	}
}

static void mq_test_main(const struct mq_test *test, int report)
{
	setpgid(0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(report, MQ_REPORT_FD) < 0)
		_exit(3);
	close(report);
	test->run();
	_exit(0);
}

/* Until the first process ends, any process reports, or the time is over. */
static void mq_test_watch(pid_t pid, int report, int seconds)
{
	int watch = pidfd_open(pid, 0);
	long long until = mq_now_ms() + seconds * 1000LL;
	struct pollfd p[2] = {
		{ .fd = report, .events = POLLIN },
		{ .fd = watch, .events = POLLIN },
	};
	siginfo_t info = { 0 };

	for (;;) {
		long long left = until - mq_now_ms();

		if (left <= 0 || !poll(p, 2, left)) {
			mq_blame("not done after %d seconds\n", seconds);
			break;
		}
		if (p[0].revents || p[1].revents)
			break;
	}
	if (p[0].revents & POLLIN)
		mq_report_take(report);
	if (!mq_failed && !mq_skipped &&
	    !waitid(P_PID, pid, &info, WEXITED | WNOWAIT) &&
	    (info.si_code != CLD_EXITED || info.si_status))
		mq_blame("its first process ended by %s %d\n",
			 info.si_code == CLD_EXITED ? "exit" : "signal",
			 info.si_status);
	close(watch);
}

static void mq_test_processes(const struct mq_test *test)
{
	int seconds = test->timeout;
	int pipe[2];
	pid_t pid;

	seconds = seconds ? (long long)seconds * mq_timeout / MQ_DEFAULT_TIMEOUT
			  : mq_timeout;
	if (pipe2(pipe, O_CLOEXEC)) {
		mq_blame("pipe: %s\n", strerror(errno));
		return;
	}
	fcntl(pipe[0], F_SETFL, O_NONBLOCK);
	fflush(stdout);
	pid = fork();
	if (!pid)
		mq_test_main(test, pipe[1]);
	setpgid(pid, pid);
	close(pipe[1]);
	mq_test_watch(pid, pipe[0], seconds);
	mq_kill_all(pid);
	mq_report_take(pipe[0]);
	close(pipe[0]);
}

/* ---- the module around a test ------------------------------------------------ */

static bool mq_module_begin(const struct mq_test *test)
{
	int error;

	if (mq_is_loaded()) {
		mq_blame("the module was loaded already\n");
		return false;
	}
	if (test->no_module)
		return true;
	error = mq_load(test->params);
	if (error)
		mq_blame("load with \"%s\": %s\n",
			 test->params ? test->params : "", strerror(-error));
	else if (test->open_to_all && chmod(MQ_NODE, 0666))
		mq_blame("chmod %s: %s\n", MQ_NODE, strerror(errno));
	return !error;
}

/*
 * All processes are gone, so nothing uses the module; only files that were
 * in flight over a socket may take the kernel's collector a moment.
 */
static void mq_module_end(const struct mq_test *test)
{
	int error = 0, tries;

	/* A test that has failed may have left those that hold the module. */
	mq_unload_beside("mq_kernel_test");
	mq_unload_beside("mq_sample");
	if (test->no_module && mq_is_loaded())
		mq_blame("the test left the module loaded\n");
	for (tries = 0; mq_is_loaded() && tries < 10 * mq_timeout; tries++) {
		error = mq_unload();
		if (error)
			mq_sleep_ms(100);
	}
	if (mq_is_loaded())
		mq_blame("unload after the test: %s\n", strerror(-error));
	else if (!access(MQ_NODE, F_OK))
		mq_blame("%s is still there after unload\n", MQ_NODE);
	else if (!access("/sys/kernel/debug/mq", F_OK))
		mq_blame("/sys/kernel/debug/mq is still there after unload\n");
}

static void mq_test_run(const struct mq_test *test)
{
	int log = mq_log_open();

	mq_failed = false;
	mq_skipped = false;
	mq_reasons[0] = 0;
	if (mq_module_begin(test))
		mq_test_processes(test);
	mq_module_end(test);
	mq_log_check(log, test);
	close(log);
}

/* ---- main ---------------------------------------------------------------------- */

static int mq_usage(int status)
{
	fprintf(status ? stderr : stdout,
		"usage: mq-device-tests [-l] [-m MODULE] [-t SECONDS] [-x PATTERN]... [PATTERN...]\n"
		"Tests /dev/mq: loads and unloads the module for each test.\n"
		"  -l          list the tests and run none\n"
		"  -m MODULE   the module's file (%s)\n"
		"  -t SECONDS  time for one test (%d); tests that state their own\n"
		"              time get more or less in proportion\n"
		"  -x PATTERN  no tests whose file, name or promise contains it\n"
		"  PATTERN     only tests whose file, name or promise contains it\n",
		mq_module_path, MQ_DEFAULT_TIMEOUT);
	return status;
}

static void mq_list(char **patterns)
{
	struct mq_test *t;

	for (t = mq_tests; t; t = t->next)
		if (mq_test_is_wanted(t, patterns))
			printf("%s:%s: %s\n", t->file, t->name, t->promise);
}

static int mq_plan(char **patterns)
{
	struct mq_test *t;
	int planned = 0;

	for (t = mq_tests; t; t = t->next)
		planned += mq_test_is_wanted(t, patterns);
	printf("1..%d\n", planned);
	return planned;
}

/* What takes long says so: those are the ones to look at first. */
#define MQ_LONG_MS 10000

static void mq_show(const struct mq_test *test, int number, long long ms)
{
	printf("%sok %d - %s: %s", mq_failed ? "not " : "", number, test->file,
	       test->promise);
	if (!mq_failed && mq_skipped) {
		printf(" # SKIP %s\n", mq_reasons);
	} else {
		printf("\n");
		if (mq_failed)
			printf("# failed: %s:%s\n", test->file, test->name);
		mq_reasons_print();
	}
	if (ms >= MQ_LONG_MS)
		printf("# took %lld s\n", ms / 1000);
	fflush(stdout);
}

static int mq_run_all(char **patterns)
{
	int passed = 0, failed = 0, skipped = 0, number = 0;
	int planned = mq_plan(patterns);
	long long began;
	struct mq_test *t;

	for (t = mq_tests; t; t = t->next) {
		if (!mq_test_is_wanted(t, patterns))
			continue;
		began = mq_now_ms();
		mq_test_run(t);
		mq_show(t, ++number, mq_now_ms() - began);
		if (mq_failed)
			failed++;
		else if (mq_skipped)
			skipped++;
		else
			passed++;
	}
	printf("%d passed, %d failed", passed, failed);
	if (skipped)
		printf(", %d skipped", skipped);
	printf("\n");
	return !planned || failed;
}

int main(int argc, char **argv)
{
	bool list = false;
	int option;

	if (argc > 2 && !strcmp(argv[1], "--helper"))
		return mq_helper_main(argc - 2, argv + 2);
	if (argc > 1 && !strcmp(argv[1], "--help"))
		return mq_usage(0);
	while ((option = getopt(argc, argv, "hlm:t:x:")) != -1) {
		switch (option) {
		case 'h':
			return mq_usage(0);
		case 'l':
			list = true;
			break;
		case 'm':
			mq_module_path = optarg;
			break;
		case 't':
			mq_timeout = atoi(optarg);
			break;
		case 'x':
			mq_leave_out(optarg);
			break;
		default:
			return mq_usage(2);
		}
	}
	if (mq_timeout < 1)
		return mq_usage(2);
	if (list) {
		mq_list(argv + optind);
		return 0;
	}
	if (geteuid()) {
		fputs("mq-device-tests: must be root: it loads the module\n",
		      stderr);
		return 2;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return mq_run_all(argv + optind);
}
