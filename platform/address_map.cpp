// SPDX-License-Identifier: Apache-2.0
#include "platform/address_map.h"

#include <algorithm>

#include <fmt/format.h>

#include "models/attention_engine/attention_engine_regs.h"
#include "models/base/text.h"
#include "models/dma/dma_regs.h"
#include "models/periph/control_regs.h"
#include "models/periph/platform_block_regs.h"

namespace tessera {

namespace {

constexpr std::uint64_t kAddressSpaceBytes = std::uint64_t{1} << 32;
/// Windows of the fixed blocks; MemPool's SoC crossbar decodes 64 KiB for control and DMA.
constexpr std::uint64_t kControlBytes = 0x1'0000;
constexpr std::uint64_t kDmaBytes = 0x1'0000;

/// The register blocks of the ITAs. Operand blocks lie inside the control registers' window.
std::vector<MapRange> ita_ranges(const SocConfig& config) {
  std::vector<MapRange> ranges;
  const bool is_job = config.ita.interface == ItaInterface::kJob;
  for (std::uint32_t i = 0; i < config.ita.count; ++i) {
    ranges.push_back(
        {AddressTarget::kIta, i, fmt::format("soc.ita[{}]", i),
         config.ita.base() + std::uint64_t{i} * config.ita.stride(), config.ita.register_bytes(),
         "rw-", fmt::format("{} of ITA {}", is_job ? "job interface" : "operand block", i), ""});
  }
  return ranges;
}

/// The control registers' window, without what `inside` takes of it.
std::vector<MapRange> control_ranges(const std::vector<MapRange>& inside) {
  std::vector<MapRange> ranges;
  const std::uint64_t end = CONTROL_BASE + kControlBytes;
  std::uint64_t base = CONTROL_BASE;
  const auto add_up_to = [&](std::uint64_t limit) {
    if (limit > base) {
      ranges.push_back({AddressTarget::kControl, 0, "soc.control", base, limit - base, "rw-",
                        "control registers", ""});
    }
  };
  for (const MapRange& range : inside) {
    if (range.base < end) {
      add_up_to(range.base);
      base = range.end();
    }
  }
  add_up_to(end);
  return ranges;
}

std::vector<MapRange> l1_ranges(const SocConfig& config) {
  const ClusterConfig& cluster = config.cluster;
  std::vector<MapRange> ranges{
      {AddressTarget::kL1, 0, "soc.cluster.l1", 0, cluster.core_l1_bytes(), "rwx",
       fmt::format("L1 of {} core tiles, sequential below 0x{:X} ({} per tile)",
                   cluster.core_tiles(),
                   std::uint64_t{cluster.sequential_bytes_per_tile()} * cluster.core_tiles(),
                   format_bytes(cluster.sequential_bytes_per_tile())),
       ""}};
  const std::uint32_t ita_l1_end =
      cluster.core_l1_bytes() + config.ita.count * config.ita_l1_bytes();
  if (cluster.l1_bytes() > ita_l1_end) {
    ranges.push_back({AddressTarget::kL1, 1, "soc.cluster.l1", ita_l1_end,
                      cluster.l1_bytes() - ita_l1_end, "rwx",
                      "L1 of tile slots without an accelerator", ""});
  }
  for (std::uint32_t i = 0; i < config.ita.count; ++i) {
    ranges.push_back({AddressTarget::kItaL1, i, fmt::format("soc.ita[{}].l1", i),
                      config.ita_l1_base(i), config.ita_l1_bytes(), "rwx",
                      fmt::format("L1 banks of ITA {}", i), ""});
  }
  return ranges;
}

}  // namespace

bool MapRange::is_memory() const {
  return target == AddressTarget::kL1 || target == AddressTarget::kItaL1 ||
         target == AddressTarget::kL2;
}

std::string MapRange::text() const {
  return fmt::format("{} 0x{:08X}..0x{:08X}", name, base, end() - 1);
}

AddressMap::AddressMap(const SocConfig& config) : ranges_(l1_ranges(config)) {
  const auto add = [&](AddressTarget target, const std::string& name, std::uint64_t base,
                       std::uint64_t bytes, const std::string& access,
                       const std::string& description, const std::string& base_key = "") {
    ranges_.push_back({target, 0, name, base, bytes, access, description, base_key});
  };
  const std::vector<MapRange> itas = ita_ranges(config);
  const std::vector<MapRange> control = control_ranges(itas);
  ranges_.insert(ranges_.end(), itas.begin(), itas.end());
  ranges_.insert(ranges_.end(), control.begin(), control.end());
  add(AddressTarget::kDma, "soc.dma", DMA_BASE, kDmaBytes, "rw-", "DMA front-end");
  if (config.attention_engine.is_there) {
    add(AddressTarget::kAttentionEngine, "soc.attention_engine", ATTENTION_ENGINE_BASE,
        ATTENTION_ENGINE_BYTES, "rw-", "attention engine " + config.attention_engine.engine.name);
  }
  add(AddressTarget::kPlatformBlock, "soc.platform_block", PLATFORM_BLOCK_BASE,
      PLATFORM_BLOCK_BYTES, "rw-", "which machine this is");
  add(AddressTarget::kL2, "soc.l2", config.l2.base, config.l2.bytes, "rwx", "L2 memory", "l2.base");
  add(AddressTarget::kBootRom, "soc.boot_rom", config.boot.rom_base, config.boot.rom_bytes, "r-x",
      "boot ROM", "boot.rom_base");
  add(AddressTarget::kUart, "soc.uart", config.uart.base, config.uart.bytes, "rw-",
      config.uart.answers_unmapped ? "UART; also answers every unmapped address" : "UART",
      "uart.base");
  if (config.external.bytes > 0) {
    add(AddressTarget::kExternal, "soc.external", config.external.base, config.external.bytes,
        "rw-", "window for other TLM-2.0 models", "external.base");
  }
  std::stable_sort(ranges_.begin(), ranges_.end(),
                   [](const auto& a, const auto& b) { return a.base < b.base; });
}

const MapRange* AddressMap::find(std::uint32_t address) const {
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), address,
                       [](std::uint32_t value, const auto& range) { return value < range.base; });
  if (after == ranges_.begin()) {
    return nullptr;
  }
  const MapRange& range = *std::prev(after);
  return address < range.end() ? &range : nullptr;
}

std::string AddressMap::text() const {
  std::string out = fmt::format("{:<20} {:<10} {:<10} {:>8} {:<6} {}\n", "name", "base", "last",
                                "size", "access", "what");
  for (const MapRange& range : ranges_) {
    out += fmt::format("{:<20} 0x{:08X} 0x{:08X} {:>8} {:<6} {}\n", range.name, range.base,
                       range.end() - 1, format_bytes(range.bytes), range.access, range.description);
  }
  return out;
}

void AddressMap::check(const ConfigNode& soc) const {
  const MapRange* highest = nullptr;  // of the ranges so far, the one that ends last
  for (const MapRange& range : ranges_) {
    const auto report = [&](const std::string& key, const std::string& text) {
      soc.report(key.empty() ? "cluster.bank_bytes" : key, text);
    };
    if (range.end() > kAddressSpaceBytes) {
      report(range.base_key, range.text() + " leaves the 32-bit address space");
    }
    if (highest != nullptr && range.base < highest->end()) {
      report(range.base_key.empty() ? highest->base_key : range.base_key,
             fmt::format("{} overlaps {}", range.text(), highest->text()));
    }
    if (highest == nullptr || range.end() > highest->end()) {
      highest = &range;
    }
  }
}

}  // namespace tessera
