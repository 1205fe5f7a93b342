// SPDX-License-Identifier: Apache-2.0
#include "platform/accelerators.h"

#include <fmt/format.h>

#include "models/base/text.h"
#include "models/ita/job_times.h"

namespace tessera {

namespace {

/// A job in the middle of a chain, and the share of its cycles in which the multipliers work.
std::string job_line(const ita::Hardware& hardware, const char* name, bool has_output) {
  const Cycles cycles = ita::JobTimes(hardware).cycles({false, false, true, has_output});
  return fmt::format("    job {}: {} cycles uncontended, {:.1f} % of the peak\n", name, cycles,
                     100.0 * hardware.rows_per_step() / static_cast<double>(cycles));
}

}  // namespace

std::string accelerators_of(const SocConfig& config) {
  const ItaTilesConfig& ita = config.ita;
  if (ita.count == 0) {
    return "no ITAs\n";
  }
  const ita::Hardware& hardware = ita.hardware;
  const bool is_job = ita.interface == ItaInterface::kJob;
  const double gops =
      2e-6 * static_cast<double>(hardware.macs_per_cycle()) * static_cast<double>(config.clock_khz);
  std::string out = fmt::format(
      "soc.ita: {} with {}, {} in a group, {} of L1 each\n"
      "    {} x {} multipliers each: {} MAC/cycle, {:.0f} GOPS at {} kHz; together {} MAC/cycle, "
      "{:.0f} GOPS\n"
      "    {:.3f} mm2 each in 22 nm, estimate: 5.93 TOPS/mm2 of the published ITA, by "
      "multipliers\n",
      ita.count, is_job ? "the job interface" : "operand blocks", config.itas_per_group(),
      format_bytes(config.ita_l1_bytes()), hardware.processing_elements, ita::kTileSize,
      hardware.macs_per_cycle(), gops, config.clock_khz, ita.count * hardware.macs_per_cycle(),
      ita.count * gops, hardware.area_mm2());
  if (is_job) {
    out += fmt::format("    {} port{} of {} bytes on its own banks, weights {} bytes per cycle\n",
                       hardware.ports, hardware.ports == 1 ? "" : "s", hardware.port_bytes,
                       hardware.weight_port_bytes);
    out += job_line(hardware, "that ends an output tile", true);
    out += job_line(hardware, "that only accumulates", false);
  }
  return out;
}

}  // namespace tessera
