/* A function as a command: the event arrives on standard input, the reply leaves on standard output.
 *
 * Takes the string `name` out of a flat JSON object and greets it. The string goes into the reply as it came,
 * escapes included, so that the reply is JSON whenever the event is. */

#include <stdio.h>
#include <string.h>

enum { MAX_EVENT_BYTES = 64 * 1024 };

/* Returns the first character after the closing quote of the string that starts at `text`, or NULL. */
static const char *skip_string(const char *text) {
    for (text++; *text != '\0'; text++) {
        if (*text == '\\' && text[1] != '\0') {
            text++;
        } else if (*text == '"') {
            return text + 1;
        }
    }
    return NULL;
}

static const char *skip_space(const char *text) { return text + strspn(text, " \t\r\n"); }

/* Finds the value of the string member `key`, quotes included; returns its length, or 0. */
static size_t find_string(const char *json, const char *key, const char **value) {
    const size_t key_length = strlen(key);
    const char *at = json;
    while ((at = strchr(at, '"')) != NULL) {
        const char *end = skip_string(at);
        if (end == NULL) {
            return 0;
        }
        const char *colon = skip_space(end);
        int matches = *colon == ':' && (size_t)(end - at) == key_length + 2 &&
                      memcmp(at + 1, key, key_length) == 0;
        at = end;
        if (matches) {
            const char *start = skip_space(colon + 1);
            const char *stop = *start == '"' ? skip_string(start) : NULL;
            if (stop == NULL) {
                return 0;
            }
            *value = start;
            return (size_t)(stop - start);
        }
    }
    return 0;
}

int main(void) {
    static char event[MAX_EVENT_BYTES + 1];
    size_t length = fread(event, 1, MAX_EVENT_BYTES, stdin);
    event[length] = '\0';

    const char *name = NULL;
    size_t name_length = find_string(event, "name", &name);
    if (name_length == 0) {
        fputs("the event needs a string `name`\n", stderr);
        return 1;
    }
    /* The two quotes around the name are left out. */
    printf("{\"message\":\"Hello, %.*s!\"}", (int)(name_length - 2), name + 1);
    return 0;
}
