// SPDX-License-Identifier: Apache-2.0
#include "platform/app/observation.h"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "models/base/error.h"
#include "models/base/host_error.h"
#include "platform/app/run_dir.h"
#include "platform/observe/profile_report.h"

namespace tessera::app {

namespace {

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    throw ConfigError("--profile " + path, "cannot make this folder" + host_reason(error));
  }
}

}  // namespace

Observation::Observation(const ObservationOptions& options, Soc& soc, const CodeNames& names,
                         StatWriter& stats)
    : options_(options), soc_(soc), names_(names) {
  if (options_.last_instructions > 0) {
    last_instructions_ =
        std::make_unique<LastInstructions>(soc.num_harts(), options_.last_instructions);
    attach(*last_instructions_);
  }
  if (options_.hang_cycles > 0) {
    hang_detector_ = std::make_unique<HangDetector>(options_.hang_cycles, soc.num_harts());
  }
  if (!options_.profile_dir.empty()) {
    make_folder(options_.profile_dir);
    profiler_ = std::make_unique<Profiler>(names.symbols(), soc.num_harts());
    attach(*profiler_);
  }
  if (options_.stats_interval > 0) {
    intervals_ = std::make_unique<IntervalWriter>(stats, options_.stats_interval);
  }
}

void Observation::attach(HartProbe& probe) {
  Probes probes;
  probes.harts = &probe;
  soc_.attach(probes);
}

void Observation::poll() {
  if (hang_detector_ != nullptr) {
    look_for_hang();
  }
  if (intervals_ != nullptr) {
    soc_.sync();
    intervals_->look(soc_.now());
  }
}

void Observation::finish() {
  if (intervals_ != nullptr) {
    intervals_->finish(soc_.now());
  }
  for (std::uint32_t hart = 0; profiler_ != nullptr && hart < soc_.num_harts(); ++hart) {
    profiler_->finish(hart, soc_.hart(hart).cycle);
  }
}

void Observation::write_profile(const std::string& program) const {
  if (profiler_ == nullptr) {
    return;
  }
  const ProfileReport report(
      *profiler_, names_, [this](std::uint32_t hart) { return soc_.observers().agent_name(hart); });
  const auto write = [this](const std::string& name, const std::string& text) {
    write_file(std::filesystem::path(options_.profile_dir) / name, text);
  };
  write("profile.txt", report.text());
  write("profile.csv", report.csv());
  write("profile.folded", report.folded(ProfileReport::kAll));
  for (std::size_t event = 0; event < ProfileCounts::kNumEvents; ++event) {
    const std::string name = fmt::format("profile.{}.folded", ProfileCounts::name(event));
    if (report.has(event)) {
      write(name, report.folded(event));
    } else {  // an earlier run may have left one
      std::error_code ignored;
      std::filesystem::remove(std::filesystem::path(options_.profile_dir) / name, ignored);
    }
  }
  write("callgrind.out.tessera", report.callgrind(program));
  write("coverage.info", report.coverage());
}

void Observation::look_for_hang() {
  const Cycles now = soc_.now();
  for (std::uint32_t hart = 0; hart < soc_.num_harts(); ++hart) {
    hang_detector_->look(soc_.hart(hart), now);
  }
  if (hang_detector_->is_hanging(now)) {
    soc_.request_stop(RunEnd::kHang);
  }
}

std::string Observation::hang_reason() const {
  return hang_detector_ != nullptr && hang_detector_->is_hanging(soc_.now())
             ? fmt::format("no hart came into a new state for {} cycles", options_.hang_cycles)
             : "no hart can go on, nothing can wake one";
}

}  // namespace tessera::app
