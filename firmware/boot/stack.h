/* SPDX-License-Identifier: Apache-2.0
 * What boot code and runtime both know about stacks. C and assembly. */
#ifndef FIRMWARE_BOOT_STACK_H
#define FIRMWARE_BOOT_STACK_H

#define STACK_MARK 0x57ac1e57 /* lowest word of every stack */

#endif
