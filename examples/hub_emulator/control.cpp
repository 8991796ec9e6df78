// SPDX-License-Identifier: BSL-1.0
#include "control.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "request_fields.hpp"
#include "service_error.hpp"

namespace hub_emulator {

namespace {

json_line failure(json_line head, service_error const& error) {
  head["ok"] = false;
  head["error"] = {{"status", error.status()}, {"code", error.code()}, {"message", error.what()}};
  return head;
}

// What every answer says about its request. A failed one as well, or its reader would not know what failed.
json_line head_of(json const& request) {
  json_line head = json_line::object();
  if (request.contains("id")) head["id"] = request["id"];
  for (char const* name : {"op", "device"})
    if (request.contains(name) && request[name].is_string()) head[name] = request[name];
  return head;
}

json_line success(json_line head, json_line const& fields) {
  head["ok"] = true;
  head.update(fields);
  return head;
}

constexpr std::size_t method_answer_max = 128 * 1024;

// The answer of a method as the service shows it: a body that is no JSON, or too long, is the device's
// mistake.
json_line method_result(json_line head, method_answer const& answer) {
  if (answer.payload.size() > method_answer_max)
    return failure(std::move(head), service_error(502, 502'002, "the device answered with more than 128 KB"));
  json payload;
  if (!answer.payload.empty()) {
    payload = parse_json(answer.payload);
    if (payload.is_discarded())
      return failure(std::move(head),
                     service_error(502, 502'001, "the device answered with something that is no JSON"));
  }
  return success(std::move(head), {{"status", answer.status}, {"payload", payload}});
}

}  // namespace

bool control::handle(std::string_view line, answer reply) {
  json const request = parse_json(line);
  if (!request.is_object()) {
    reply(failure(json_line::object(), bad_request("a request is one JSON object on one line")));
    return false;
  }
  json_line head = head_of(request);
  try {
    run(request, head, reply);
  } catch (service_error const& error) {
    reply(failure(std::move(head), error));
  }
  return true;
}

void control::refuse_long_line(answer const& reply) {
  reply(failure(json_line::object(), service_error(413, 413'001, "a line of more than 1 MB is not read")));
}

void control::run(json const& request, json_line head, answer const& reply) {
  std::string const op = required_text(request, "op");
  if (op == "quit") {
    allow_only(request, {"id", "op"});
    reply(success(std::move(head), json_line::object()));
    return stop_();
  }
  if (op == "devices") {
    allow_only(request, {"id", "op"});
    return reply(success(std::move(head), list()));
  }

  device& target = hub_.find(required_text(request, "device"));
  if (op == "method") return call(target, request, std::move(head), reply);
  json_line fields = json_line::object();
  if (op == "c2d")
    fields = send(target, request);
  else if (op == "desired")
    fields = set_desired(target, request);
  else if (op == "twin" || op == "disconnect")
    fields = run_plain(target, op, request);
  else
    throw bad_request("unknown op \"" + op + "\"");
  reply(success(std::move(head), fields));
}

json_line control::send(device& to, json const& request) {
  allow_only(request, {"id", "op", "device", "payload", "payload_base64", "properties", "system", "ttl"});
  c2d_message message = read_c2d(request, "hub-" + std::to_string(++messages_), to.id());
  std::string const id = message.id;
  bool const deliverable = to.send(std::move(message));
  return {{"message_id", id}, {"deliverable", deliverable}};
}

json_line control::run_plain(device& target, std::string_view op, json const& request) {
  allow_only(request, {"id", "op", "device"});
  if (op == "twin") return {{"twin", document(target.document())}};
  return {{"was_connected", target.disconnect("disconnected_by_service")}};
}

json_line control::set_desired(device& of, json const& request) {
  allow_only(request, {"id", "op", "device", "patch"});
  if (!request.contains("patch")) throw bad_request("\"patch\" is missing");
  return {{"version", of.update_desired(request["patch"])}};
}

void control::call(device& on, json const& request, json_line head, answer const& reply) {
  allow_only(request, {"id", "op", "device", "name", "payload", "payload_text", "timeout"});
  std::string const name = required_text(request, "name");
  // Without a payload the device gets null: some SDKs cannot take an empty body.
  std::string payload = request.contains("payload") ? to_text(request["payload"]) : "null";
  if (request.contains("payload_text")) payload = required_text(request, "payload_text", may_be_empty);
  auto const timeout = seconds_of(request, "timeout", std::chrono::seconds(30), std::chrono::seconds(300));
  head["name"] = name;
  on.call(name, payload, timeout, [head, reply](method_answer const* result, service_error const* error) {
    reply(result != nullptr ? method_result(head, *result) : failure(head, *error));
  });
}

json_line control::list() const {
  json devices = json::array();
  for (auto const& [id, one] : hub_.devices()) devices.push_back(one.description());
  return {{"devices", devices}};
}

}  // namespace hub_emulator
