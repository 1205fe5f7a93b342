// SPDX-License-Identifier: Apache-2.0
#include "models/ita/streamer.h"

namespace tessera::ita {

bool Streamer::generate(bool is_taken) {
  if (!is_taken) {
    return false;
  }
  has_address_ = generated_ < length_;
  generated_ += has_address_;
  return !has_address_;
}

void Streamer::step(const Inputs& inputs) {
  const bool has_place = addresses_ < kFifoPlaces;
  const bool is_new_address = has_address_ && has_place;
  const bool is_request = !is_idle() && addresses_ > 0 && inputs.stream && requests_ < kFifoPlaces;
  const bool is_answer_taken = answers_ > 0 && (kind_ == Kind::kSink || inputs.stream);
  const bool is_complete = moved_ == length_ && (kind_ == Kind::kSink || addresses_ == 0);
  switch (state_) {
    case State::kIdle:
      if (inputs.start) {
        state_ = State::kWorking;
        accesses_ = 0;
        generate(has_place);
      }
      break;
    case State::kWorking:
      if (generate(has_place)) {
        state_ = State::kDone;
      }
      break;
    case State::kDone:
      if (is_complete) {
        state_ = State::kIdle;
        generated_ = 0;
        moved_ = 0;
        has_address_ = false;
      } else {
        generate(has_place);
      }
  }
  moved_ += kind_ == Kind::kSink ? is_request : is_answer_taken;
  addresses_ += is_new_address;
  addresses_ -= is_request;
  requests_ += is_request;
  requests_ -= inputs.granted;
  accesses_ += inputs.granted;
  answers_ += is_answered_;
  answers_ -= is_answer_taken;
  is_answered_ = inputs.granted;
}

}  // namespace tessera::ita
