// SPDX-License-Identifier: Apache-2.0
#include "models/ita/hardware.h"

#include <fmt/format.h>

namespace tessera::ita {

namespace {

/// 5.93 TOPS/mm2 in 22 nm at 0.8 V; 2 operations per multiplier and cycle at 500 MHz. Source: arXiv
/// 2307.03493, abstract (density); ita_hwpe_tb.sv (clock).
constexpr double kPublishedTopsPerMm2 = 5.93;
constexpr double kPublishedClockTHz = 500e-6;

}  // namespace

Hardware Hardware::of(Flavour flavour) {
  Hardware hardware;
  if (flavour == Flavour::kRtl202408) {  // ita_package.sv at 40564cf
    hardware.output_fifo = 14;
    hardware.softmax_fifo = 4;
    hardware.dividers = 5;
  }
  return hardware;
}

Hardware Hardware::from_config(const ConfigNode& node, Flavour flavour) {
  Hardware hardware = of(flavour);
  const auto power_of_two = [&](const char* key, std::uint32_t value, std::uint64_t min,
                                std::uint64_t max, const char* unit, const char* help) {
    return static_cast<std::uint32_t>(node.get_power_of_two(key, value, min, max, unit, help));
  };
  const auto number = [&](const char* key, std::uint32_t value, std::uint64_t min,
                          std::uint64_t max, const char* help) {
    return static_cast<std::uint32_t>(node.get_unsigned(key, value, min, max, "", help));
  };
  hardware.processing_elements =
      power_of_two("processing_elements", hardware.processing_elements, 4, 64, "",
                   "N: dot products per cycle, and columns that the softmax takes at a time");
  const auto vector_length = node.get_unsigned("vector_length", kTileSize, 1, 1024, "",
                                               "M: length of a dot product, size of a tile");
  if (vector_length != kTileSize) {
    node.report("vector_length",
                fmt::format("expected {}, got {}: tiles, register map and programs are made for "
                            "{} x {}; change processing_elements instead",
                            kTileSize, vector_length, kTileSize, kTileSize));
  }
  hardware.weight_port_bytes = power_of_two("weight_port_bytes", hardware.weight_port_bytes, 16,
                                            256, "bytes", "weights that the core takes per cycle");
  hardware.output_fifo = number("output_fifo", hardware.output_fifo, 2, 64,
                                "results of the core that may be under way");
  hardware.softmax_fifo = number("softmax_fifo", hardware.softmax_fifo, 1, 64,
                                 "rows on their way to the dividers of the softmax");
  hardware.dividers = number("dividers", hardware.dividers, 1, 64, "serial, of the softmax");
  hardware.port_bytes = power_of_two("port_bytes", hardware.port_bytes, 64, 256, "bytes",
                                     "width of a port on the ITA's own banks");
  hardware.ports =
      number("ports", hardware.ports, 1, 2, "on its own banks; 2: the output has one of its own");
  if (hardware.weight_port_bytes > hardware.port_bytes) {
    node.report("weight_port_bytes",
                fmt::format("expected at most {}, got {}", node.cite("port_bytes"),
                            hardware.weight_port_bytes));
    hardware.weight_port_bytes = hardware.port_bytes;
  }
  if (hardware.weight_block_bytes() < hardware.port_bytes) {
    node.report("port_bytes", fmt::format("expected at most the weights of {}, {} bytes, got {}",
                                          node.cite("processing_elements"),
                                          hardware.weight_block_bytes(), hardware.port_bytes));
    hardware.port_bytes = hardware.weight_block_bytes();
  }
  return hardware;
}

double Hardware::area_mm2() const {
  const double tops = 2 * static_cast<double>(macs_per_cycle()) * kPublishedClockTHz;
  return tops / kPublishedTopsPerMm2;
}

}  // namespace tessera::ita
