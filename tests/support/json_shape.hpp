#pragma once

#include <boost/json.hpp>
#include <string>

namespace tributary::test {

/// How an object that `command` printed differs from what docs/json.md says of it: keys that one has and the other not,
/// and values of another kind, in objects below it and in arrays too. Empty: not at all.
std::string json_differences(const std::string& command, const boost::json::object& printed);

}  // namespace tributary::test
