#include "cli/bench/bench_site.hpp"

#include <fstream>

#include "redis/group_keys.hpp"

namespace tributary::cli {
namespace {

Status write_file(const std::string& name, const std::string& content) {
  std::ofstream file(name, std::ios::binary);
  file << content;
  if (file.flush()) return Done{};
  return Error{ErrorKind::cannot_create, "cannot write " + name};
}

// In quotes of the kind that the value does not hold, as the configuration file has it.
std::string quote(const std::string& value) {
  const char mark = value.find('"') == std::string::npos ? '"' : '\'';
  return mark + value + mark;
}

std::string tls_settings(const redis::Tls& tls) {
  if (!tls.on) return {};
  std::string text = "redis-tls = true\n";
  if (tls.insecure) text += "redis-tls-insecure = true\n";
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) text += key + (" = " + quote(value)) + "\n";
  };
  add("redis-ca-file", tls.ca_file);
  add("redis-ca-path", tls.ca_path);
  add("redis-cert-file", tls.cert_file);
  add("redis-key-file", tls.key_file);
  add("redis-tls-name", tls.name);
  return text;
}

}  // namespace

bool is_local(const redis::Endpoint& endpoint) {
  if (!endpoint.unix_socket.empty()) return true;
  return endpoint.host == "localhost" || endpoint.host == "::1" || endpoint.host.starts_with("127.");
}

BenchSite::BenchSite(redis::SyncClient client, TemporaryDirectory files, const std::string& prefix)
    : client_(std::move(client)),
      files_(std::move(files)),
      channel_(prefix + ":published"),
      stream_(prefix + ":processed"),
      consumers_list_(prefix + ":consumers") {}

Result<BenchSite> BenchSite::open(const redis::Endpoint& endpoint, const std::string& token) {
  // In a cluster all names are in one slot.
  const auto prefix = "{tributary-bench:" + token + "}";
  auto at_key = endpoint;
  at_key.key = prefix;
  auto client = redis::SyncClient::connect(at_key);
  if (!client) return client.error();
  auto files = TemporaryDirectory::create();
  if (!files) return files.error();
  return BenchSite(std::move(*client), std::move(*files), prefix);
}

BenchSite::~BenchSite() {
  if (channel_.empty()) return;  // moved from
  if (clean()) return;
  // The connection may have broken in the midst of something.
  if (auto again = redis::SyncClient::connect(endpoint())) {
    client_ = std::move(*again);
    (void)clean();
  }
}

std::vector<std::string> BenchSite::keys() const {
  auto keys = redis::group_keys(stream_, consumers_list_);
  keys.insert(keys.end(), {redis::changes_key(stream_), stream_ + ":dead"});
  return keys;
}

Result<std::size_t> BenchSite::count_consumers() {
  const auto ids = client_.ask({"LRANGE", consumers_list_, "0", "-1"});
  if (!ids) return ids.error();
  return ids.value().elements.size();
}

// One after the other: a large stream is freed in the background.
Status BenchSite::clean() {
  for (const auto& key : keys()) {
    if (const auto gone = client_.ask({"UNLINK", key}); !gone) return gone.error();
  }
  return Done{};
}

Result<std::string> BenchSite::configuration(const Settings& settings) const {
  const auto& server = settings.redis;
  std::string text =
      server.unix_socket.empty()
          ? "redis-host = " + quote(server.host) + "\nredis-port = " + std::to_string(server.port) +
                "\nredis-db = " + std::to_string(server.database) + "\n"
          : "redis-url = " +
                quote("unix://" + server.unix_socket + "?db=" + std::to_string(server.database)) + "\n";
  text += tls_settings(server.tls);
  if (!server.username.empty()) text += "redis-username = " + quote(server.username) + "\n";
  if (!server.password.empty()) {
    const auto password = files_.file("password");
    if (const auto written = write_file(password, server.password); !written) return written.error();
    text += "redis-password-file = " + quote(password) + "\n";
  }
  text += "input-channel = " + channel_ + "\noutput-stream = " + stream_ +
          "\nconsumers-list = " + consumers_list_ + "\nconsumers = " + std::to_string(settings.consumers) +
          "\nlog-level = ERROR\n";
  const auto file = files_.file("bench.conf");
  if (const auto written = write_file(file, text); !written) return written.error();
  return file;
}

}  // namespace tributary::cli
