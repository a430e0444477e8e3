// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON, one object a line. Only what is needed: flat objects of text, numbers and
 * true or false, whose fields mq(1) lists.
 * Copyright (C) the mq authors
 */
#include "cli.h"

#include <inttypes.h>
#include <string.h>

static FILE *json;
static bool first;

/* Bytes of the UTF-8 character at @at, 0: it is none (RFC 3629). */
static size_t utf8_length(const unsigned char *at, size_t size)
{
	static const struct {
		unsigned char low, high, second_low, second_high;
		size_t length;
	} forms[] = {
		{ 0x00, 0x7f, 0x80, 0xbf, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	size_t i, k;

	for (i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (*at >= forms[i].low && *at <= forms[i].high)
			break;
	if (i == sizeof(forms) / sizeof(*forms) || forms[i].length > size)
		return 0;
	if (forms[i].length > 1 &&
	    (at[1] < forms[i].second_low || at[1] > forms[i].second_high))
		return 0;
	for (k = 2; k < forms[i].length; k++)
		if ((at[k] & 0xc0) != 0x80)
			return 0;
	return forms[i].length;
}

static bool is_utf8(const unsigned char *at, size_t size)
{
	size_t length;

	for (; size; at += length, size -= length) {
		length = utf8_length(at, size);
		if (!length)
			return false;
	}
	return true;
}

static void string_show(const char *text, size_t size)
{
	putc('"', json);
	for (; size; text++, size--) {
		unsigned char byte = *text;

		if (byte == '"' || byte == '\\')
			fprintf(json, "\\%c", byte);
		else if (byte == '\n')
			fputs("\\n", json);
		else if (byte < 0x20 || byte == 0x7f)
			fprintf(json, "\\u%04x", byte);
		else
			putc(byte, json);
	}
	putc('"', json);
}

/* Three bytes are four characters; '=' stands for those that the end lacks. */
static void base64_show(const unsigned char *data, size_t size)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t at;

	putc('"', json);
	for (at = 0; at < size; at += 3) {
		uint32_t bits = data[at] << 16;

		if (at + 1 < size)
			bits |= data[at + 1] << 8;
		if (at + 2 < size)
			bits |= data[at + 2];
		putc(digits[bits >> 18], json);
		putc(digits[bits >> 12 & 63], json);
		putc(at + 1 < size ? digits[bits >> 6 & 63] : '=', json);
		putc(at + 2 < size ? digits[bits & 63] : '=', json);
	}
	putc('"', json);
}

static void key_show(const char *key)
{
	if (!first)
		putc(',', json);
	first = false;
	fprintf(json, "\"%s\":", key);
}

void mq_json_open(FILE *out)
{
	json = out;
	first = true;
	putc('{', json);
}

void mq_json_close(void)
{
	fputs("}\n", json);
}

void mq_json_show_text(const char *key, const char *text)
{
	key_show(key);
	string_show(text, strlen(text));
}

void mq_json_show_number(const char *key, uint64_t number)
{
	key_show(key);
	fprintf(json, "%" PRIu64, number);
}

void mq_json_show_bool(const char *key, bool value)
{
	key_show(key);
	fputs(value ? "true" : "false", json);
}

void mq_json_show_time(const char *key, uint64_t ns)
{
	key_show(key);
	fprintf(json, "%" PRIu64 ".%09" PRIu64, ns / 1000000000, ns % 1000000000);
}

void mq_json_show_data(const void *data, size_t size)
{
	if (is_utf8(data, size)) {
		key_show("data");
		string_show(data, size);
		return;
	}
	mq_json_show_text("encoding", "base64");
	key_show("data");
	base64_show(data, size);
}

static const char *message_kind(const struct mq_message *msg)
{
	if (mq_message_flags(msg) & MQ_FRAME_REPLY)
		return "reply";
	if (mq_message_is_call(msg))
		return "call";
	return mq_message_is_broadcast(msg) ? "broadcast" : "message";
}

void mq_json_show_message(FILE *out, const struct mq_message *msg, const char *to)
{
	mq_json_open(out);
	mq_json_show_text("kind", message_kind(msg));
	mq_json_show_text("to", to ? to : "");
	mq_json_show_text("from", mq_message_name(msg));
	mq_json_show_number("pid", mq_message_pid(msg));
	mq_json_show_number("uid", mq_message_uid(msg));
	mq_json_show_number("sequence", mq_message_sequence(msg));
	mq_json_show_number("lost", mq_message_lost(msg));
	mq_json_show_time("time", mq_message_time(msg));
	mq_json_show_number("size", mq_message_size(msg));
	mq_json_show_data(mq_message_data(msg), mq_message_size(msg));
	mq_json_close();
}
