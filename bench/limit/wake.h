// Two threads on two processors that wake each other in turn, and sleep meanwhile.
#pragma once

// Starts the other thread. Returns 0 where there is one processor only.
int wake_start(void);

// So many times there and back.
void wake_run(void* state, long times);
