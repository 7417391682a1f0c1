#include "redis/server_error.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "core/group/transaction.hpp"

namespace tributary::redis {
namespace {

struct Explanation {
  std::string_view sign;  ///< part of the server's answer
  ErrorKind kind;
  std::string_view text;  ///< follows "Redis at <where> "
};

constexpr std::array kExplanations{
    Explanation{"NOAUTH", ErrorKind::no_permission,
                "asks for a password; set REDIS_PASSWORD or use --redis-password-file"},
    Explanation{"WRONGPASS", ErrorKind::no_permission,
                "refused the user name or password; check REDIS_USERNAME and REDIS_PASSWORD"},
    Explanation{"LOADING", ErrorKind::temporary, "is still loading its data; try again in a moment"},
    Explanation{"DB index is out of range", ErrorKind::configuration,
                "has no database of that number; choose another with --redis-db"},
    Explanation{"invalid DB index", ErrorKind::configuration,
                "has no database of that number; choose another with --redis-db"},
    Explanation{"SELECT is not allowed in cluster mode", ErrorKind::configuration,
                "runs in cluster mode, which has only database 0; do not set --redis-db"},
    Explanation{"DENIED", ErrorKind::no_permission,
                "runs in protected mode and serves only its own host; give it a password or a bind address"},
    Explanation{"max number of clients reached", ErrorKind::temporary,
                "has reached its maximum number of clients; raise its maxclients or close some"},
    Explanation{"MOVED", ErrorKind::temporary, "no longer has this group: its slot of the cluster has moved"},
    Explanation{"ASK ", ErrorKind::temporary, "is handing the group's slot of the cluster to another node"},
    Explanation{"TRYAGAIN", ErrorKind::temporary,
                "is handing the group's slot of the cluster to another node"},
    Explanation{"CLUSTERDOWN", ErrorKind::unavailable,
                "says that its cluster is down; see CLUSTER INFO there, and cluster-require-full-coverage"},
    Explanation{"CROSSSLOT", ErrorKind::configuration,
                "is a node of a cluster, and these names do not fall into one slot"},
    Explanation{
        "unknown command", ErrorKind::unavailable,
        "does not know a command that is needed; is it a proxy, or something other than Redis or Valkey?"},
    Explanation{"READONLY", ErrorKind::unavailable,
                "is a read-only replica; point --redis-host at the primary"},
    Explanation{"MISCONF", ErrorKind::unavailable,
                "refuses writes because it cannot save to disk; see its log and free disk space"},
    Explanation{"OOM", ErrorKind::unavailable,
                "is out of memory; raise its maxmemory or trim the stream (--stream-maxlen)"},
    Explanation{"NOREPLICAS", ErrorKind::temporary,
                "refuses writes because too few replicas are attached (min-replicas-to-write)"},
    Explanation{"BUSY", ErrorKind::temporary,
                "is busy with a long-running script; wait, or end it with SCRIPT KILL"},
    Explanation{
        "WRONGTYPE", ErrorKind::data,
        "holds a key of another type under a name that is needed; choose another name or delete that key"},
};

std::string server(const Endpoint& endpoint) {
  return (endpoint.is_sentinel ? "the Sentinel at " : "Redis at ") + endpoint.display();
}

std::string prefix(const Endpoint& endpoint) { return server(endpoint) + " "; }

// Foreign text in our one line: no line breaks or control characters, and not endless.
std::string one_line(std::string_view text) {
  std::string line(text.substr(0, 200));
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }, ' ');
  return line;
}

std::string lower_first(std::string_view text) {
  std::string line = one_line(text);
  if (!line.empty()) line[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(line[0])));
  return line;
}

std::string who(const Endpoint& endpoint) {
  return endpoint.username.empty() ? "" : " of user " + endpoint.username;
}

// The settings' names are those of the Sentinels, if it is one.
Error named(const Endpoint& endpoint, Error error) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"REDIS_PASSWORD", "SENTINEL_PASSWORD"},
      {"--redis-password-file", "--sentinel-password-file"},
      {"REDIS_USERNAME", "--sentinel-username"}};
  if (!endpoint.is_sentinel) return error;
  for (const auto& [from, to] : kNames) {
    const auto at = error.message.find(from);
    if (at != std::string::npos) error.message.replace(at, from.size(), to);
  }
  return error;
}

// Of what comes out of a script Redis 7.0 does not say which command was refused.
Error missing_right(const Endpoint& endpoint, std::string_view answer, bool in_script) {
  const auto user = endpoint.username.empty() ? std::string("default") : endpoint.username;
  const auto where = prefix(endpoint) + "does not give the rights needed" + who(endpoint) + ": ";
  if (in_script) {
    return {ErrorKind::no_permission,
            where +
                "a command or key of one of tributary's scripts is refused; ACL LOG "
                "names it, docs/operating.md the rights for each command"};
  }
  const auto first = answer.find('\'');
  const auto last = answer.rfind('\'');
  const auto advice = last > first ? "; fix it there with: ACL SETUSER " + user + " +" +
                                         one_line(answer.substr(first + 1, last - first - 1))
                                   : std::string();
  return {ErrorKind::no_permission, where + one_line(answer.substr(answer.find(' ') + 1)) + advice};
}

}  // namespace

Error unreachable(const Endpoint& endpoint, std::string_view reason) {
  const bool name_problem = reason.find("not known") != std::string_view::npos ||
                            reason.find("name resolution") != std::string_view::npos ||
                            reason.find("No address") != std::string_view::npos ||
                            reason.find("ost not found") != std::string_view::npos;
  std::string advice = "is the server running? (--redis-host, --redis-port)";
  if (endpoint.is_sentinel)
    advice = name_problem ? "is the host name right? (--redis-url)" : "is it running? (--redis-url)";
  else if (!endpoint.unix_socket.empty())
    advice = "is the server running and the path right? (--redis-url)";
  else if (name_problem)
    advice = "is the host name right? (--redis-host)";
  return {ErrorKind::unavailable,
          "cannot reach " + server(endpoint) + ": " + lower_first(reason) + "; " + advice};
}

Error connection_lost(const Endpoint& endpoint, std::string_view reason) {
  std::string message = "lost the connection to " + server(endpoint);
  if (!reason.empty()) message += ": " + lower_first(reason);
  return {ErrorKind::unavailable, message};
}

Error explain_server_error(const Endpoint& endpoint, std::string_view answer) {
  for (const auto& explanation : kExplanations) {
    if (answer.find(explanation.sign) == std::string_view::npos) continue;
    return named(endpoint, {explanation.kind, prefix(endpoint) + std::string(explanation.text)});
  }
  if (group::lacks_right(answer)) return missing_right(endpoint, answer, !answer.starts_with("NOPERM"));
  return {ErrorKind::unavailable, prefix(endpoint) + "answered: " + one_line(answer)};
}

Error explain_auth_error(const Endpoint& endpoint, std::string_view answer,
                         std::string_view password_trouble) {
  const auto said = [&](std::string_view sign) { return answer.find(sign) != std::string_view::npos; };
  if (said("without any password configured") || said("no password is set")) {
    return named(
        endpoint,
        {ErrorKind::no_permission,
         prefix(endpoint) +
             "has no password, but one was given; do not set REDIS_PASSWORD, or set requirepass there"});
  }
  if (said("LOADING") || said("max number of clients reached") || said("DENIED"))
    return explain_server_error(endpoint, answer);
  const auto advice = password_trouble.empty() ? std::string("check REDIS_PASSWORD or --redis-password-file")
                                               : std::string(password_trouble);
  return named(endpoint, {ErrorKind::no_permission,
                          prefix(endpoint) + "refused the password" + who(endpoint) + "; " + advice});
}

}  // namespace tributary::redis
