/* Stand-in for the agent's collector on Windows: records its arguments and configuration next to
 * itself, writes its pid file, and waits to be killed. Not part of any package. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static FILE *open_sibling(const char *name)
{
    char path[MAX_PATH];
    DWORD length = GetModuleFileNameA(NULL, path, sizeof path);
    while (length > 0 && path[length - 1] != '\\')
        length--;
    snprintf(path + length, sizeof path - length, "%s", name);
    return fopen(path, "wb");
}

int main(int count, char **words)
{
    const char *config = NULL;
    FILE *arguments = open_sibling("arguments");
    if (arguments == NULL)
        return 1;
    for (int n = 1; n < count; n++) {
        fprintf(arguments, "%s\n", words[n]);
        if (n + 1 < count && strcmp(words[n], "-c") == 0)
            config = words[n + 1];
    }
    fclose(arguments);

    FILE *from = config == NULL ? NULL : fopen(config, "rb");
    FILE *to = open_sibling("config.part");
    if (from == NULL || to == NULL)
        return 1;
    char line[4096];
    while (fgets(line, sizeof line, from) != NULL) {
        fputs(line, to);
        if (strncmp(line, "path.pid: ", 10) == 0) {
            char path[5000];
            line[strcspn(line, "\r\n")] = '\0';
            CreateDirectoryA(line + 10, NULL);
            snprintf(path, sizeof path, "%s/bkmonitorbeat.pid", line + 10);
            FILE *pid = fopen(path, "wb");
            if (pid == NULL)
                return 1;
            fprintf(pid, "%lu\n", GetCurrentProcessId());
            fclose(pid);
            fputs("\n", to);
        }
    }
    fclose(from);
    fclose(to);

    char part[MAX_PATH], whole[MAX_PATH];
    DWORD length = GetModuleFileNameA(NULL, part, sizeof part);
    while (length > 0 && part[length - 1] != '\\')
        length--;
    part[length] = '\0';
    snprintf(whole, sizeof whole, "%.200sconfig", part);
    strncat(part, "config.part", sizeof part - length - 1);
    if (!MoveFileA(part, whole))
        return 1;
    Sleep(600 * 1000);
    return 0;
}
