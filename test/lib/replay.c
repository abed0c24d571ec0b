/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over files, as an ordinary test: seed_NAME FILE... */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    static const size_t most = 1 << 20;
    uint8_t *bytes = malloc(most);
    FILE *file = fopen(path, "rb");
    size_t len;
    if (!file || !bytes) {
        fprintf(stderr, "%s: cannot be read\n", path);
        free(bytes);
        return 1;
    }
    len = fread(bytes, 1, most, file);
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, len);
    free(bytes);
    return 0;
}

int main(int argc, char **argv)
{
    int i, failed = 0;
    for (i = 1; i < argc; i++)
        failed |= replay(argv[i]);
    printf("%d seeds\n", argc - 1);
    return failed || argc < 2;
}
