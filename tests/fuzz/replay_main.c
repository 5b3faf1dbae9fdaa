/* SPDX-License-Identifier: ISC */
/*
 * Owns the main of fuzz targets that are built as plain tests: passes each named file to the
 * target.
 * Never makes up input. Run by `make check` over the corpus; with libFuzzer its own main is used.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* The input is copied to a block of exactly its size, so that a sanitizer detects an
 * access beyond it. */
static int replay(const char *path)
{
	static uint8_t whole[1 << 20];
	FILE *file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return 1;
	}
	size_t len = fread(whole, 1, sizeof(whole), file);
	fclose(file);
	uint8_t *bytes = malloc(len ? len : 1);
	if (!bytes)
		return 1;
	memcpy(bytes, whole, len);
	LLVMFuzzerTestOneInput(bytes, len);
	free(bytes);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;
	for (int i = 1; i < argc; i++)
		failed += replay(argv[i]);
	printf("%d inputs replayed, %d unreadable\n", argc - 1, failed);
	return failed > 0 || argc < 2;
}
