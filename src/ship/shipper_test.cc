// Receivers that refuse, stall, lie, break off and die; then good ones. The log is the queue.
#include "ship/shipper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/fixture.h"
#include "ship/sink.h"
#include "ship/syslog.h"
#include "ship/web_sinks.h"

namespace hs::ship {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

// What a receiver saw and what it answers next.
class FakeOutlet final : public Outlet {
  public:
    using Answer = std::function<Result<HttpReply>(const HttpCall& call)>;

    Result<HttpReply> send(const HttpCall& call, os::Deadline, const os::WakeUp&,
                           Fault& why) override {
        why = failing;
        const auto answer = answer_.with([](Answer& held) { return held; });
        auto reply = answer(call);
        if (reply && reply->status == 200) {
            taken.with([&](auto& list) { list.push_back(call); });
        }
        return reply;
    }
    Result<std::unique_ptr<Line>> connect(const std::string&, os::Deadline, const os::WakeUp&,
                                          Fault& why) override {
        ++connects;
        why = failing;
        if (refusing) return fail(Code::io, "connecting was refused");
        return std::unique_ptr<Line>(std::make_unique<FakeLine>(*this));
    }
    void answer_with(Answer answer) {
        answer_.with([&](Answer& held) { held = std::move(answer); });
    }

    base::Guarded<std::vector<HttpCall>> taken;
    base::Guarded<std::string> received;  // over lines
    std::atomic<int> connects{0};
    std::atomic<bool> refusing{false};
    std::atomic<Fault> failing{Fault::unreachable};  // what an Error of it means
    std::atomic<bool> cut{false};                    // the line that is open ends
    // When a receiver that does not accept our certificate says so.
    enum class Refusal : std::uint8_t { never, before_the_first_byte, after_the_first_batch };
    std::atomic<Refusal> refusal{Refusal::never};

  private:
    class FakeLine final : public Line {
      public:
        explicit FakeLine(FakeOutlet& outlet) : outlet_(outlet) { outlet_.cut = false; }
        Result<> write(base::ByteView bytes, os::Deadline, const os::WakeUp&) override {
            if (outlet_.cut) return fail(Code::io, "broken pipe");
            outlet_.received.with([&](std::string& text) { text += base::text_of(bytes); });
            return {};
        }
        std::optional<std::string> ended() override {
            if (outlet_.cut) return "the receiver closed the connection";
            return std::nullopt;
        }
        std::optional<std::string> ended_by(os::Deadline, const os::WakeUp&) override {
            const bool refuses =
                outlet_.refusal == Refusal::before_the_first_byte ||
                (outlet_.refusal == Refusal::after_the_first_batch && ++looks_ > 1);
            if (refuses) return "the receiver sent an alert";
            return ended();
        }

      private:
        FakeOutlet& outlet_;
        int looks_ = 0;
    };
    base::Guarded<Answer> answer_;
};

class ShipperTest : public testing::Test {
  protected:
    void SetUp() override {
        log = *audit::Log::open(folder.log(), audit::fixture::make_keys(),
                                audit::fixture::make_options(), {clock, random});
        outlet.answer_with([](const HttpCall&) { return HttpReply{200, "{}", {}}; });
    }
    void append(int count) {
        for (int i = 0; i < count; ++i) {
            ASSERT_TRUE(log->append_and_wait(audit::Event(audit::EventKind::doctor)
                                                 .set(audit::Field::person, "anna")
                                                 .detail("number", written++)));
        }
        ASSERT_TRUE(log->checkpoint_and_wait());
    }
    static SinkSetting setting(SinkKind kind, std::size_t batch = 10) {
        SinkSetting made;
        made.name = "siem";
        made.kind = kind;
        made.target = "/services/collector/event";
        made.format = Format::json;
        made.batch = batch;
        return made;
    }
    Shipper& start(const SinkSetting& sink) {
        shipper = std::make_unique<Shipper>(Shipper::Parts{
            folder.log(),
            folder.path + "/ship",
            outlet,
            clock,
            random,
            {"laptop-7", "0.1.0"},
            [](const std::string&) {
                base::ScriptedRandom seed(4);
                return crypto::SecretBytes::random(32, seed);
            },
            [this](audit::Event event) {
                const auto bytes = *event.encode(1);
                events.with([&](auto& list) { list.emplace_back(base::text_of(bytes)); });
            },
            {2, 5, 20, 3'600'000, 50}});
        const auto started = shipper->start({sink});
        EXPECT_TRUE(started) << started.error().what;
        return *shipper;
    }
    // Waits until the one sink's status satisfies the condition.
    template <class Condition>
    SinkStatus await(Condition&& condition) {
        SinkStatus status;
        for (int i = 0; i < 5000; ++i) {
            status = shipper->status().at(0);
            if (condition(status)) return status;
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        ADD_FAILURE() << wire::canonical_json(status.to_json());
        return status;
    }
    SinkStatus await_confirmed(std::uint64_t next) {
        return await([next](const SinkStatus& held) { return held.position.next >= next; });
    }
    // The sequences that arrived over HTTP, in their order.
    std::vector<std::int64_t> arrived() {
        std::vector<std::int64_t> all;
        outlet.taken.with([&](auto& calls) {
            for (const HttpCall& call : calls) {
                const auto list = wire::parse_json(call.body);
                if (!list || list->array() == nullptr) continue;
                for (const Json& item : *list->array()) {
                    all.push_back(*item.find("stream")->find("seq")->integer());
                }
            }
        });
        return all;
    }
    static std::vector<std::int64_t> numbers(std::int64_t from, std::int64_t to) {
        std::vector<std::int64_t> list;
        for (std::int64_t i = from; i < to; ++i) list.push_back(i);
        return list;
    }

    audit::fixture::Folder folder;
    os::SystemClock clock;
    os::SystemRandom random;
    FakeOutlet outlet;
    base::Guarded<std::vector<std::string>> events;
    std::unique_ptr<audit::Log> log;
    std::unique_ptr<Shipper> shipper;
    std::int64_t written = 0;
};

TEST_F(ShipperTest, EverythingArrivesOnceAndInOrderAcrossRestarts) {
    append(25);
    start(setting(SinkKind::https));
    await_confirmed(25);
    shipper->stop();
    append(25);
    start(setting(SinkKind::https));
    const auto status = await_confirmed(50);
    EXPECT_EQ(arrived(), numbers(0, 50));
    EXPECT_EQ(status.position.delivered, 50U);
    EXPECT_EQ(status.position.resent, 0U);
    EXPECT_EQ(status.lag(), 0U);
}

TEST_F(ShipperTest, AReceiverThatIsAwayLosesNothingAndHoldsNothingUp) {
    outlet.answer_with([](const HttpCall&) { return Result<HttpReply>(fail(Code::io, "away")); });
    append(30);
    start(setting(SinkKind::https));
    const auto failing =
        await([](const SinkStatus& held) { return held.state == SinkStatus::State::failing; });
    EXPECT_EQ(failing.problem, "away");
    EXPECT_EQ(failing.fault, Fault::unreachable);
    EXPECT_EQ(failing.position.next, 0U);
    append(5);  // the log goes on
    for (int i = 0; i < 2000 && events.with([](auto& list) { return list.empty(); }); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    outlet.answer_with([](const HttpCall&) { return HttpReply{200, "", {}}; });
    await_confirmed(35);
    EXPECT_EQ(arrived(), numbers(0, 35));
    const auto said = events.with([](auto& list) { return list; });
    ASSERT_EQ(said.size(), 2U) << "one event when it fails, one when it works again";
    EXPECT_THAT(said[0], testing::HasSubstr("failing"));
    EXPECT_THAT(said[1], testing::HasSubstr("working"));
}

TEST_F(ShipperTest, AnAnswerThatWasLostMeansDuplicatesAndTheyAreMarked) {
    std::atomic<int> calls{0};
    std::vector<std::string> bodies;
    outlet.answer_with([&](const HttpCall& call) -> Result<HttpReply> {
        bodies.push_back(call.body);
        if (++calls == 2) return fail(Code::timed_out, "no answer");  // it took them all the same
        return HttpReply{200, "", {}};
    });
    append(20);
    start(setting(SinkKind::https));
    const auto status = await_confirmed(20);
    shipper->stop();
    ASSERT_EQ(bodies.size(), 3U);
    EXPECT_THAT(bodies[1], testing::Not(testing::HasSubstr("\"again\":true")));
    EXPECT_THAT(bodies[2], testing::HasSubstr("\"again\":true"));
    EXPECT_EQ(status.position.resent, 10U);
}

TEST_F(ShipperTest, OneRecordThatIsRefusedForGoodIsNamedAndPassedOver) {
    outlet.answer_with([](const HttpCall& call) -> Result<HttpReply> {
        const bool bad = call.body.find("\"number\":7}") != std::string::npos;
        return HttpReply{bad ? 400 : 200, bad ? "field 7 is bad" : "", {}};
    });
    append(20);
    start(setting(SinkKind::https));
    const auto status = await_confirmed(20);
    shipper->stop();
    EXPECT_EQ(status.position.lost, 1U);
    auto seen = arrived();
    std::sort(seen.begin(), seen.end());
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    auto wanted = numbers(0, 20);
    wanted.erase(wanted.begin() + 7);
    EXPECT_EQ(seen, wanted);
    const auto said = events.with([](auto& list) { return list; });
    ASSERT_EQ(said.size(), 1U);
    EXPECT_THAT(said[0],
                testing::AllOf(testing::HasSubstr("\"lost\""), testing::HasSubstr("\"first\":7"),
                               testing::HasSubstr("field 7 is bad")));
}

TEST_F(ShipperTest, ATooLargeBatchIsDivided) {
    outlet.answer_with([](const HttpCall& call) -> Result<HttpReply> {
        const auto list = wire::parse_json(call.body);
        return HttpReply{list->array()->size() > 3 ? 413 : 200, "", {}};
    });
    append(40);
    start(setting(SinkKind::https, 40));
    const auto status = await_confirmed(40);
    EXPECT_EQ(status.position.lost, 0U);
    EXPECT_EQ(arrived(), numbers(0, 40));
}

TEST_F(ShipperTest, AServerThatAsksForAPauseGetsIt) {
    std::atomic<int> calls{0};
    outlet.answer_with([&](const HttpCall&) -> Result<HttpReply> {
        return ++calls == 1 ? HttpReply{429, "slow down", 300} : HttpReply{200, "", {}};
    });
    append(3);
    const auto before = std::chrono::steady_clock::now();
    start(setting(SinkKind::https));
    await_confirmed(3);
    EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(300));
}

// Each answer of a receiver that has not taken the events, and its name.
TEST_F(ShipperTest, WhatIsWrongIsToldApartByName) {
    struct Case {
        SinkKind kind;
        const char* name;
        FakeOutlet::Answer answer;
    };
    const auto says = [](int status, const char* body) {
        return [=](const HttpCall&) -> Result<HttpReply> { return HttpReply{status, body, {}}; };
    };
    const auto never = [](const HttpCall& call) -> Result<HttpReply> {
        if (call.target.find("/ack") != std::string::npos) {
            return HttpReply{200, R"({"acks":{"5":false}})", {}};
        }
        return HttpReply{200, R"({"text":"Success","code":0,"ackId":5})", {}};
    };
    append(3);
    for (const Case& one : {Case{SinkKind::https, "busy", says(503, "later")},
                            Case{SinkKind::https, "busy", says(429, "")},
                            Case{SinkKind::https, "refuses us", says(401, "who are you")},
                            Case{SinkKind::splunk, "refuses us", says(403, "{\"code\":4}")},
                            Case{SinkKind::https, "failing", says(500, "oops")},
                            Case{SinkKind::https, "failing", says(302, "")},
                            Case{SinkKind::splunk, "garbage", says(200, "<html>welcome</html>")},
                            Case{SinkKind::otlp, "garbage", says(200, "<html>welcome</html>")},
                            Case{SinkKind::splunk, "unacknowledged", says(200, "{\"code\":0}")},
                            Case{SinkKind::splunk, "unacknowledged", never}}) {
        SCOPED_TRACE(one.name);
        outlet.answer_with(one.answer);
        auto sink = setting(one.kind);
        sink.answer_ms = 5;
        start(sink);
        const auto held = await(
            [](const SinkStatus& status) { return status.state == SinkStatus::State::failing; });
        EXPECT_EQ(fault_name(held.fault), one.name) << held.problem;
        EXPECT_EQ(held.position.next, 0U);
        shipper.reset();
    }
    for (const Fault fault : {Fault::silent, Fault::hung_up, Fault::untrusted, Fault::no_secret}) {
        outlet.failing = fault;
        outlet.answer_with([](const HttpCall&) { return Result<HttpReply>(fail(Code::io, "no")); });
        start(setting(SinkKind::https));
        const auto held = await(
            [](const SinkStatus& status) { return status.state == SinkStatus::State::failing; });
        EXPECT_EQ(held.fault, fault);
        shipper.reset();
    }
}

TEST_F(ShipperTest, ASlowReceiverWorksAndIsCalledSlow) {
    std::atomic<bool> slow{true};
    outlet.answer_with([&](const HttpCall&) -> Result<HttpReply> {
        if (slow) std::this_thread::sleep_for(std::chrono::milliseconds(60));
        return HttpReply{200, "", {}};
    });
    append(3);
    start(setting(SinkKind::https));
    const auto held = await([](const SinkStatus& status) { return status.fault == Fault::slow; });
    EXPECT_EQ(held.state, SinkStatus::State::working);
    slow = false;
    append(1);
    await([](const SinkStatus& status) { return status.fault == Fault::none; });
}

TEST_F(ShipperTest, SplunkCountsOnlyWhatTheIndexerAcknowledged) {
    std::atomic<int> asked{0};
    std::atomic<bool> garbage{true};
    outlet.answer_with([&](const HttpCall& call) -> Result<HttpReply> {
        if (call.target.find("/ack?channel=") == std::string::npos) {
            EXPECT_THAT(call.headers, testing::Contains(testing::Pair("X-Splunk-Request-Channel",
                                                                      testing::SizeIs(36))));
            if (garbage.exchange(false)) return HttpReply{200, "<html>hello</html>", {}};
            return HttpReply{200, R"({"text":"Success","code":0,"ackId":5})", {}};
        }
        EXPECT_EQ(call.body, R"({"acks":[5]})");
        return HttpReply{
            200, ++asked < 2 ? R"({"acks":{"5":false}})" : R"({"acks":{"5":true}})", {}};
    });
    append(4);
    start(setting(SinkKind::splunk));
    const auto status = await_confirmed(4);
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(status.position.resent, 4U) << "the answer that was no collector's did not count";
}

TEST_F(ShipperTest, SplunkWithoutAcknowledgementSaysWhatToDo) {
    outlet.answer_with([](const HttpCall&) -> Result<HttpReply> {
        return HttpReply{200, R"({"text":"Success","code":0})", {}};
    });
    append(4);
    start(setting(SinkKind::splunk));
    const auto status =
        await([](const SinkStatus& held) { return held.state == SinkStatus::State::failing; });
    EXPECT_THAT(status.problem, testing::HasSubstr("acknowledged = false"));
    EXPECT_EQ(status.position.next, 0U);
}

TEST_F(ShipperTest, OtlpsPartialSuccessIsFinalAndCounted) {
    outlet.answer_with([](const HttpCall&) -> Result<HttpReply> {
        return HttpReply{
            200, R"({"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"no"}})", {}};
    });
    append(5);
    start(setting(SinkKind::otlp));
    const auto status = await_confirmed(5);
    EXPECT_EQ(status.position.lost, 2U);
    EXPECT_EQ(status.position.delivered, 3U);
}

TEST_F(ShipperTest, ABrokenSyslogLineIsSentAgainFromTheWindowAndMarked) {
    append(12);
    start(setting(SinkKind::syslog));
    await([](const SinkStatus& held) { return held.position.sent == 12; });
    const std::string first =
        outlet.received.with([](auto& text) { return std::exchange(text, ""); });
    outlet.cut = true;  // nothing is written meanwhile: the idle look finds it
    await([](const SinkStatus& held) { return held.position.resent == 12; });
    append(3);
    await([](const SinkStatus& held) {
        return held.position.sent == 15 && held.position.resent == 12;
    });
    await([this](const SinkStatus&) {
        return outlet.received.with(
            [](auto& text) { return text.find("seq=\"14\"") != std::string::npos; });
    });
    shipper->stop();
    const std::string second = outlet.received.with([](auto& text) { return text; });
    EXPECT_THAT(first, testing::Not(testing::HasSubstr("again=")));
    EXPECT_THAT(second, testing::HasSubstr("seq=\"0\" again=\"1\""));
    EXPECT_THAT(second, testing::HasSubstr("seq=\"14\" prev=\"13\"]"));
    EXPECT_GE(outlet.connects, 2);
    // After a restart the window comes again, because nothing was confirmed.
    start(setting(SinkKind::syslog));
    await([](const SinkStatus& held) { return held.position.resent >= 27; });
}

TEST_F(ShipperTest, AReceiverThatRefusesUsAfterTheHandshakeNeverCountsAsWorking) {
    for (const auto when :
         {FakeOutlet::Refusal::before_the_first_byte, FakeOutlet::Refusal::after_the_first_batch}) {
        outlet.refusal = when;
        outlet.connects = 0;
        append(1);
        start(setting(SinkKind::syslog));
        bool worked = false;
        const SinkStatus held = await([&](const SinkStatus& status) {
            worked = worked || status.state == SinkStatus::State::working;
            return outlet.connects > 3;
        });
        EXPECT_FALSE(worked);
        EXPECT_EQ(held.position.delivered, 0U);
        EXPECT_EQ(held.fault, Fault::refuses_us);
        EXPECT_THAT(held.problem, testing::HasSubstr("accepts the certificate of ship.siem"));
        shipper.reset();
    }
    outlet.refusal = FakeOutlet::Refusal::never;
    start(setting(SinkKind::syslog));
    await([](const SinkStatus& status) { return status.state == SinkStatus::State::working; });
}

TEST_F(ShipperTest, SeverityAndRedactionHoldAndTheChainSkipsWhatIsNotShipped) {
    append(2);
    ASSERT_TRUE(log->append_and_wait(
        audit::Event(audit::EventKind::process_crash).set(audit::Field::person, "anna")));
    append(1);
    ASSERT_TRUE(log->append_and_wait(audit::Event(audit::EventKind::lockdown)));
    ASSERT_TRUE(log->checkpoint_and_wait());
    auto sink = setting(SinkKind::https);
    sink.minimum = Severity::medium;
    sink.redact = {"person"};
    start(sink);
    await([](const SinkStatus& held) { return held.position.delivered == 2; });
    EXPECT_EQ(arrived(), (std::vector<std::int64_t>{2, 4}));
    const std::string body = outlet.taken.with([](auto& calls) { return calls[0].body; });
    EXPECT_THAT(body, testing::Not(testing::HasSubstr("anna")));
    EXPECT_THAT(body, testing::HasSubstr("\"prev\":2"));
}

TEST_F(ShipperTest, AFileGetsWholeLinesAlsoAfterACrashAndARotationByOthers) {
    auto sink = setting(SinkKind::file);
    sink.path = folder.path + "/out.jsonl";
    audit::fixture::write_text(sink.path, "{\"half\":");
    append(5);
    start(sink);
    await_confirmed(5);
    std::filesystem::rename(sink.path, sink.path + ".moved");
    append(5);
    await_confirmed(10);
    shipper->stop();
    const std::string moved = audit::fixture::read_text(sink.path + ".moved");
    EXPECT_TRUE(moved.starts_with("{\"half\":\n{"));
    const std::string text = audit::fixture::read_text(sink.path);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
    sink.path = folder.path;  // a folder
    sink.name = "other";
    start(sink);
    const auto held =
        await([](const SinkStatus& status) { return status.state == SinkStatus::State::failing; });
    EXPECT_EQ(held.fault, Fault::disk);
}

TEST_F(ShipperTest, ALogThatIsShorterThanWhatWasShippedIsNamedAndNothingIsSent) {
    append(5);
    std::filesystem::create_directories(folder.path + "/ship");
    std::filesystem::permissions(folder.path + "/ship", std::filesystem::perms::owner_all);
    Position position;
    position.log = "test.example/log";
    position.next = position.sent = 9;
    ASSERT_TRUE(save_position(folder.path + "/ship/siem.position", position));
    start(setting(SinkKind::https));
    const auto status =
        await([](const SinkStatus& held) { return held.state == SinkStatus::State::failing; });
    EXPECT_THAT(status.problem, testing::HasSubstr("cut or restored"));
    EXPECT_EQ(status.fault, Fault::log);
    EXPECT_TRUE(arrived().empty());
}

TEST(PositionTest, OnlyItsOwnFormIsRead) {
    Position position;
    position.log = "a/b";
    position.next = 5;
    position.sent = 9;
    position.last = 4;
    EXPECT_EQ(*parse_position(position.text()), position);
    for (std::string text :
         {std::string(), std::string("x"), position.text() + "y", position.text().substr(0, 30)}) {
        EXPECT_EQ(parse_position(text).error().code, Code::corrupt);
    }
    position.next = 10;
    EXPECT_FALSE(parse_position(position.text())) << "more confirmed than sent";
}

TEST(SyslogTest, AMessageCannotBreakItsFrameOrItsFields) {
    Shipment shipment;
    shipment.place = {"l\"o]g\\", 7, 6, false};
    shipment.kind = audit::EventKind::decision;
    shipment.time_ms = 1'700'000'000'123;
    shipment.severity = Severity::high;
    shipment.text = "{\"a\":\"\\n\"}";
    const std::string message = syslog_message(shipment, {"my host\n", "1"});
    EXPECT_EQ(message,
              "<107>1 2023-11-14T22:13:20.123Z my_host_ hardshell - decision "
              "[hardshell@32473 log=\"l\\\"o\\]g\\\\\" seq=\"7\" prev=\"6\"] "
              "\xef\xbb\xbf{\"a\":\"\\n\"}");
    EXPECT_EQ(syslog_frame("abc"), "3 abc");
}

TEST(WebSinksTest, BodiesAreWhatTheReceiversTake) {
    Shipment shipment;
    shipment.place = {"l", 7, std::nullopt, false};
    shipment.kind = audit::EventKind::doctor;
    shipment.time_ms = 1'700'000'000'005;
    shipment.body = *wire::parse_json(R"({"n":7,"t":true,"l":[1,"x"],"o":{"k":null}})");
    shipment.text = wire::canonical_json(shipment.body);
    SinkSetting setting;
    setting.index = "main";
    const std::string splunk = splunk_body({&shipment, 1}, setting, {"h", "1"});
    const auto event = wire::parse_json(splunk);
    ASSERT_TRUE(event);
    EXPECT_EQ(*event->find("time")->text(), "1700000000.005");
    EXPECT_EQ(event->find("fields")->find("prev"), nullptr);
    const auto otlp = wire::parse_json(otlp_body({&shipment, 1}, {"h", "1"}));
    ASSERT_TRUE(otlp);
    const Json& record = (*(*otlp->find("resourceLogs")->array())[0].find("scopeLogs")->array())[0]
                             .find("logRecords")
                             ->array()
                             ->at(0);
    EXPECT_EQ(*record.find("timeUnixNano")->text(), "1700000000005000000");
    EXPECT_EQ(*record.find("severityNumber")->integer(), 9);
    EXPECT_THAT(wire::canonical_json(record), testing::HasSubstr(R"({"intValue":"7"})"));
    EXPECT_EQ(ack_target("/x/services/collector/event/1.0", "c"),
              "/x/services/collector/ack?channel=c");
}

TEST(SinkSettingTest, WrongOnesAreNamedByKeyAndLine) {
    const auto refusal = [](const std::string& text) {
        const auto settings =
            gate::Settings::parse("[[ship]]\nname = \"a\"\n" + text, "config.toml");
        if (!settings) return settings.error().what;
        const auto sinks = sink_settings(*settings);
        return sinks ? std::string("accepted") : sinks.error().what;
    };
    EXPECT_THAT(refusal("kind = \"ftp\""), testing::HasSubstr("config.toml line 3: ship.a.kind"));
    EXPECT_THAT(refusal("kind = \"https\"\nurl = \"http://siem.example/\""),
                testing::HasSubstr("https address"));
    EXPECT_THAT(refusal("kind = \"https\"\nurl = \"nonsense\""), testing::HasSubstr("an address"));
    EXPECT_THAT(refusal("kind = \"syslog\"\nurl = \"tls://siem.example\""),
                testing::HasSubstr("proves both ends"));
    EXPECT_THAT(refusal("kind = \"syslog\"\nurl = \"udp://siem.example\""),
                testing::HasSubstr("tls://HOST"));
    EXPECT_THAT(refusal("kind = \"splunk\"\nurl = \"https://s.example:8088\""),
                testing::HasSubstr("token"));
    EXPECT_THAT(refusal("kind = \"file\"\npath = \"x\""), testing::HasSubstr("begins with /"));
    EXPECT_THAT(refusal("kind = \"file\"\npath = \"/x\"\nredact = [\"all\"]"),
                testing::HasSubstr("any of person"));
    EXPECT_THAT(refusal("kind = \"file\"\npath = \"/x\"\nminimum = \"x\""),
                testing::HasSubstr("informational"));
    EXPECT_THAT(refusal("kind = \"https\"\nurl = \"https://s.example\"\nkey = \"/k\""),
                testing::HasSubstr("the other of the two"));
    const auto settings = gate::Settings::parse(
        "[[ship]]\nname = \"a\"\nkind = \"otlp\"\nurl = \"http://127.0.0.1:4318\"\n"
        "[[ship]]\nname = \"b\"\nkind = \"ftp\"\nenabled = false\n",
        "config.toml");
    const auto sinks = sink_settings(*settings);
    ASSERT_TRUE(sinks);
    ASSERT_EQ(sinks->size(), 1U);
    EXPECT_EQ(sinks->at(0).target, "/v1/logs");
}

}  // namespace
}  // namespace hs::ship
