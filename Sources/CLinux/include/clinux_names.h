// What the machine is called: its host name and the addresses of its interfaces.
#ifndef CLINUX_NAMES_H
#define CLINUX_NAMES_H

#include <stddef.h>
#include <stdint.h>

/// Writes the host name with a final zero, cut to `bytes`; returns its length or -errno.
int clinux_host_name(char *name, size_t bytes);

typedef struct {
    uint8_t bytes[16];      ///< in network order
    uint8_t count;          ///< 4 or 16
} clinux_machine_address;

/// Writes the lasting addresses that others can reach: neither of loopback nor of one link alone, neither
/// temporary nor deprecated. Returns how many; 0 also when the kernel does not tell. Never allocates.
size_t clinux_machine_addresses(clinux_machine_address *addresses, size_t capacity);

#endif
