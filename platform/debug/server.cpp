// SPDX-License-Identifier: Apache-2.0
#include "platform/debug/server.h"

namespace tessera::debug {

namespace {

using std::chrono::milliseconds;
using Kind = PacketReader::Kind;

/// How long an interrupt of the process may take to be noticed.
constexpr milliseconds kPatience{200};

}  // namespace

Server::Server(std::unique_ptr<Transport> transport, const Session::Machine& machine, Host host,
               Debugger::Machine debugged)
    : transport_(std::move(transport)),
      machine_(machine),
      host_(std::move(host)),
      debugger_(std::move(debugged)) {}

void Server::start_session() {
  session_ = std::make_unique<Session>(machine_, debugger_, monitor_);
  reader_ = {};
  is_without_acks_ = false;
  // The client asks by itself why the machine stands still.
  session_->stop_replies({});
}

void Server::wait_for_client() {
  while (!transport_->accept(kPatience)) {
    if (host_.is_interrupted()) {
      return;
    }
  }
  start_session();
  serve();
}

void Server::resume_client(const Handover& handover) {
  start_session();
  is_without_acks_ = handover.is_without_acks;
  halt({});
}

void Server::poll() {
  if (!has_client()) {
    if (transport_->accept(milliseconds{0})) {
      start_session();
      serve();
    }
    return;
  }
  refuse_others();
  reader_.feed(transport_->receive(milliseconds{0}));
  if (!has_client()) {
    debugger_.release();
    return;
  }
  PacketReader::Event event = reader_.next();
  for (; event.kind != Kind::kNone; event = reader_.next()) {
    if (event.kind == Kind::kInterrupt) {
      debugger_.stop(StopEvent::interrupt());
      return;
    }
    take(event);  // nothing else makes sense now
  }
}

void Server::halt(const StopEvent& event) {
  if (!has_client()) {
    return;
  }
  for (const std::string& reply : session_->stop_replies(event)) {
    send_packet(reply);
  }
  serve();
}

void Server::finish(std::uint8_t exit_code) {
  if (has_client()) {
    send_packet(session_->end_reply(exit_code));
    serve();
  }
}

void Server::serve() {
  const auto begin = std::chrono::steady_clock::now();
  debugger_.set_serving(true);
  Next next = Next::kStay;
  bool is_killed = false;
  while (next == Next::kStay) {
    const std::optional<std::string> packet = next_packet();
    if (!packet) {
      break;
    }
    const Answer answer = session_->handle(*packet);
    for (const std::string& reply : answer.replies) {
      send_packet(reply);
    }
    is_without_acks_ = is_without_acks_ || *packet == "QStartNoAckMode";
    is_killed = is_killed || answer.next == Next::kKill;
    next = is_killed && answer.next != Next::kRestart ? Next::kStay : answer.next;
  }
  if (next == Next::kRestart) {
    host_.restart({transport_->hand_over(), is_without_acks_});
  }
  if (is_killed || host_.is_interrupted()) {
    host_.end_run();
  }
  if (next != Next::kResume) {  // the client has gone, or goes
    debugger_.release();
    transport_->disconnect();
  }
  debugger_.set_serving(false);
  halted_ += std::chrono::steady_clock::now() - begin;
}

void Server::refuse_others() {
  while (transport_->refuse_another()) {
    host_.warn("gdb server: refused a client, another one is connected");
  }
}

std::optional<std::string> Server::next_packet() {
  while (has_client() && !host_.is_interrupted()) {
    const PacketReader::Event event = reader_.next();
    if (event.kind == Kind::kNone) {
      refuse_others();
      reader_.feed(transport_->receive(kPatience));
    } else if (std::optional<std::string> packet = take(event)) {
      return packet;
    }
  }
  return std::nullopt;
}

std::optional<std::string> Server::take(const PacketReader::Event& event) {
  if (event.kind == Kind::kNak) {
    transport_->send(last_sent_);
  } else if (event.kind == Kind::kDamaged) {
    transport_->send("-");
  } else if (event.kind == Kind::kInterrupt) {
    session_->interrupt();
  } else if (event.kind == Kind::kPacket) {
    transport_->send(is_without_acks_ ? "" : "+");
    return event.payload;
  }
  return std::nullopt;
}

void Server::send_packet(const std::string& payload) {
  last_sent_ = frame(payload);
  transport_->send(last_sent_);
}

}  // namespace tessera::debug
