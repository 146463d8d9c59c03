// Two threads on two CPUs that wake each other in turn, and sleep in between.
#pragma once

// Starts the other thread. Returns 0 if there is only one CPU.
int wake_start(void);

// `times` round trips.
void wake_run(void* state, long times);
