// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/isa/instructions_float.h"
#include "models/isa/instructions_rv32.h"
#include "models/isa/instructions_xpulpimg.h"

// Every instruction in one place: the enumeration, the table behind decoder and disassembler, the
// semantics and the interpreter's handlers are all generated from these lists.

#define TESSERA_ISA_COMPUTE(X) TESSERA_ISA_RV32_COMPUTE(X) TESSERA_ISA_XPULPIMG_COMPUTE(X)
#define TESSERA_ISA_BRANCH(X) TESSERA_ISA_RV32_BRANCH(X) TESSERA_ISA_XPULPIMG_BRANCH(X)
#define TESSERA_ISA_LOAD(X) TESSERA_ISA_RV32_LOAD(X) TESSERA_ISA_XPULPIMG_LOAD(X)
#define TESSERA_ISA_STORE(X) TESSERA_ISA_RV32_STORE(X) TESSERA_ISA_XPULPIMG_STORE(X)
#define TESSERA_ISA_ATOMIC(X) TESSERA_ISA_RV32_ATOMIC(X)
#define TESSERA_ISA_JUMP(X) TESSERA_ISA_RV32_JUMP(X)
#define TESSERA_ISA_OTHER(X) TESSERA_ISA_RV32_OTHER(X)

/// All rows; only the first column, the enumerator, has the same meaning in every list.
#define TESSERA_ISA_ALL(X) \
  TESSERA_ISA_COMPUTE(X)   \
  TESSERA_ISA_BRANCH(X)    \
  TESSERA_ISA_LOAD(X)      \
  TESSERA_ISA_STORE(X)     \
  TESSERA_ISA_ATOMIC(X)    \
  TESSERA_ISA_JUMP(X) TESSERA_ISA_OTHER(X) TESSERA_ISA_FLOAT(X)
