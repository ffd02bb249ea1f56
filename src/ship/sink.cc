#include "ship/sink.h"

#include "ship/file_sink.h"
#include "ship/syslog.h"
#include "ship/web_sinks.h"

namespace hs::ship {

std::unique_ptr<Sink> make_sink(const SinkSetting& setting, const SinkParts& parts) {
    switch (setting.kind) {
        case SinkKind::syslog:
            return make_syslog(setting, parts);
        case SinkKind::splunk:
            return make_splunk(setting, parts);
        case SinkKind::otlp:
            return make_otlp(setting, parts);
        case SinkKind::https:
            return make_https(setting, parts);
        case SinkKind::file:
            return make_file(setting, parts);
    }
    CHECK(false);
}

}  // namespace hs::ship
