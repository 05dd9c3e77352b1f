// How rows of the outbox file are read: shared by the store, the salvage of a damaged file and the
// operator's commands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/sinks/outbox_alert.hpp"

namespace contagiond::sinks {

class SqliteStatement;

inline constexpr int outbox_schema = 1;

/// Alerts with their deliveries, one row a delivery; `where` may name alerts as `a`, and must keep
/// the rows of an alert together.
std::string outbox_rows_sql(std::string_view where);

/// Steps through what outbox_rows_sql asked for. SQLITE_DONE or an error; what was read before it
/// is in `out`. Rows whose words are not ours are left out.
int read_outbox_rows(SqliteStatement& rows, std::vector<StoredAlert>& out);

/// Every row of a damaged file that can be read, in order, forwards until the damage and backwards
/// until it. The file is not written.
void salvage_outbox(const std::string& path, std::vector<StoredAlert>& out);

}  // namespace contagiond::sinks
