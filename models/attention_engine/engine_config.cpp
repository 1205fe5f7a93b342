// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/engine_config.h"

#include <algorithm>
#include <string>
#include <vector>

namespace tessera::attention_engine {

namespace {

constexpr std::uint32_t kMaxEntries = 1u << 20;
constexpr std::uint32_t kMaxDepth = 4096;
constexpr std::uint32_t kMaxBursts = 16;  ///< what a PortGroup of the SoC path puts in order
constexpr std::uint32_t kMaxDivider = 64;
/// A tile of 4 KiB is then shared by four ports.
constexpr std::uint32_t kBurstBeats = 16;
constexpr std::uint32_t kMaxBurstBeats = 256;  ///< AXI4

std::uint32_t number(const ConfigNode& node, const char* key, std::uint32_t value,
                     std::uint32_t min, std::uint32_t max, const char* unit, const char* help) {
  return static_cast<std::uint32_t>(node.get_unsigned(key, value, min, max, unit, help));
}

void read_entries(const ConfigNode& node, EngineParameters& engine) {
  const auto read = [&](const char* key, MemoryId id, std::uint32_t min, const char* help) {
    std::uint32_t& entries = engine.entries[static_cast<std::size_t>(id)];
    entries = number(node, key, entries, min, kMaxEntries, "", help);
  };
  read("score_entries", MemoryId::kScoreVrf, 0,
       "entries of ScoreVrf, from the preset; 0: scores stand in MvmInitialVrf");
  read("mrf_entries", MemoryId::kMrf, 1, "native tiles in the MRF, from the preset");
}

void read_depths(const ConfigNode& node, EngineParameters& engine) {
  const auto read = [&](const char* key, std::uint32_t& depth, std::uint32_t max,
                        const char* help) { depth = number(node, key, depth, 1, max, "", help); };
  read("instruction_fifo_depth", engine.instruction_fifo_depth, kMaxDepth,
       "instructions that wait for the decoder");
  read("operation_fifo_depth", engine.operation_fifo_depth, kMaxDepth,
       "chains that wait at a unit");
  read("vector_fifo_depth", engine.vector_fifo_depth, kMaxDepth,
       "vectors in the pipeline of a unit and the FIFO behind it");
  read("out_queue_depth", engine.out_queue_depth, kMaxDepth, "native vectors on the way to L2");
  read("max_bursts", engine.max_bursts, kMaxBursts, "AXI bursts under way in each direction");
}

/// The values of an enum are numbered as its names.
template <typename Enum>
Enum choice(const ConfigNode& node, const char* key, Enum value,
            const std::vector<std::string>& names, const char* help) {
  return static_cast<Enum>(
      node.get_choice(key, names[static_cast<std::size_t>(value)], names, help));
}

void read_mechanisms(const ConfigNode& node, Mechanisms& mechanisms) {
  mechanisms.transposer =
      choice(node, "transposer", mechanisms.transposer, {"none", "row", "full"},
             "A1: V enters the MRF by elements, through one buffer, or through two");
  mechanisms.packs_heads = node.get_bool("packs_heads", mechanisms.packs_heads,
                                         "A2: narrow heads share the native dimension");
  mechanisms.has_indirect = node.get_bool("has_indirect", mechanisms.has_indirect,
                                          "A3: a chain takes any list of tiles, not only a run");
  mechanisms.drains_on_swr = node.get_bool("drains_on_swr", mechanisms.drains_on_swr,
                                           "A4: a new matrix shape waits for an empty pipeline");
  mechanisms.overlaps_rows =
      node.get_bool("overlaps_rows", mechanisms.overlaps_rows,
                    "A5: scores of the next tile row while one is normalised");
  mechanisms.context_split =
      choice(node, "context_split", mechanisms.context_split, {"columns", "tiles", "vectors"},
             "A6: what of probabilities times V the tile engines share");
}

}  // namespace

EngineConfig EngineConfig::from_config(const ConfigNode& node, std::uint32_t groups) {
  std::vector<std::string> names{"none"};
  for (const EngineParameters& preset : engine_presets()) {
    names.push_back(preset.name);
  }
  const std::size_t preset =
      node.get_choice("preset", names[1], names, "which engine; none: the machine has none");
  EngineConfig config;
  config.is_there = preset > 0;
  if (config.is_there) {
    config.engine = engine_presets()[preset - 1];
  }
  config.engine.clock_divider = number(node, "clock_divider", config.engine.clock_divider, 1,
                                       kMaxDivider, "", "SoC cycles per cycle of the engine");
  config.axi_ports = number(node, "axi_ports", std::min(config.axi_ports, groups), 1, groups, "",
                            "assumption: AXI masters, one beside the DMA's in each of as many "
                            "groups; L2 gives a master a word in four cycles");
  config.engine.max_burst_beats =
      number(node, "max_burst_beats", kBurstBeats, 1, kMaxBurstBeats, "",
             "assumption: AXI words of a burst; short ones let the ports share a tile");
  read_entries(node, config.engine);
  read_depths(node, config.engine);
  read_mechanisms(node.child("mechanisms", "what may slow the context product"),
                  config.engine.mechanisms);
  return config;
}

}  // namespace tessera::attention_engine
