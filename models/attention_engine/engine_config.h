// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/attention_engine/engine_parameters.h"
#include "models/base/config_node.h"

namespace tessera::attention_engine {

/// The engine of a machine: a preset, and what the configuration changes of it.
struct EngineConfig {
  bool is_there = true;  ///< false: preset none
  EngineParameters engine = engine_presets().front();
  std::uint32_t axi_ports = 4;  ///< AXI masters, one beside the DMA's in each of as many groups

  /// `groups`: how many AXI masters there can be.
  static EngineConfig from_config(const ConfigNode& node, std::uint32_t groups);
};

}  // namespace tessera::attention_engine
