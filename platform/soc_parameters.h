// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include "models/attention_engine/engine_parameters.h"
#include "models/axi/soc_path.h"
#include "models/core/cluster.h"
#include "models/core/cycle_harts.h"
#include "models/core/instruction_caches.h"
#include "models/dma/dma.h"
#include "models/interconnect/l1_network_parameters.h"
#include "models/ita/job_interface.h"
#include "models/memory/l1_memory.h"
#include "models/periph/control_registers.h"
#include "platform/soc_config.h"

namespace tessera {

/// What each model needs to know of the machine.
L1Memory::Config l1_config(const SocConfig& config);
ClusterParameters cluster_parameters(const SocConfig& config);
ControlParameters control_parameters(const SocConfig& config);
DmaParameters dma_parameters(const SocConfig& config);
// Of the parts that exist in cycle timing only.
CycleHartsParameters cycle_harts_parameters(const SocConfig& config);
InstructionCachesParameters instruction_caches_parameters(const SocConfig& config);
L1NetworkParameters l1_network_parameters(const SocConfig& config);
SocPathParameters soc_path_parameters(const SocConfig& config);
/// Address of the register that ends a computation.
std::uint32_t end_register(const SocConfig& config);
/// Register offset -> value.
std::map<std::uint32_t, std::uint32_t> platform_block_values(const SocConfig& config);
/// REQUIRES: config.attention_engine.is_there.
attention_engine::EngineParameters attention_engine_parameters(const SocConfig& config);
/// Of instance `index` (< config.ita.count).
ita::JobInterfaceParameters job_interface_parameters(const SocConfig& config, std::uint32_t index);

}  // namespace tessera
