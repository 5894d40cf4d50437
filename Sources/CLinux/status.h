// What the kernel says about a file, in the form of clinux_calls.h.
#ifndef CLINUX_STATUS_H
#define CLINUX_STATUS_H

#include "clinux_calls.h"

#include <sys/stat.h>

void clinux_status_from_system(clinux_status *status, const struct stat *system);

#endif
