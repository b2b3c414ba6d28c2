/* The process that holds a pod's namespaces: it reaps what its neighbours leave behind and ends when told. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void stop(int signal) { (void)signal; _exit(0); }
static void reap(int signal) { (void)signal; while (waitpid(-1, 0, WNOHANG) > 0); }

int main(int count, char **words) {
  if (count > 1 && !strcmp(words[1], "-v")) return 0; /* the health job of an upgrade asks for the version */
  signal(SIGINT, stop);
  signal(SIGTERM, stop);
  signal(SIGCHLD, reap);
  for (;;) pause();
}
