#include "native-host/http/redaction.hpp"

#include <string>

#include <doctest/doctest.h>

namespace skerry::http {
namespace {

struct Case {
  std::string target;
  std::string shown;
};

TEST_CASE("by name") {
  const Redaction redaction;
  const Case cases[] = {
      {"/latest?project=ris&collector_id=rrc00", "/latest?project=ris&collector_id=rrc00"},
      {"/health?code=open-sesame", "/health?code=***"},
      {"/metrics?a=b&CODE=open&c=d", "/metrics?a=b&CODE=***&c=d"},
      {"/t/w?writeKey=abc&token=x%26y&q=code", "/t/w?writeKey=***&token=***&q=code"},
      {"/t/w?writekey=a&WRITEKEY=b&write_key=c&write-key=d",
       "/t/w?writekey=***&WRITEKEY=***&write_key=***&write-key=***"},
      {"/x?api_key=a&apiKey=b&apikey=c&API-KEY=d&key=e",
       "/x?api_key=***&apiKey=***&apikey=***&API-KEY=***&key=***"},
      {"/x?password=a&passwd=b&pass=c&secret=d&clientSecret=e",
       "/x?password=***&passwd=***&pass=***&secret=***&clientSecret=***"},
      {"/health?c%6fde=open&k%45y=1&%zz=2", "/health?c%6fde=***&k%45y=***&%zz=2"},
      {"/health?%63%6F%64%65=open", "/health?%63%6F%64%65=***"},
      {"/health?c%256fde=open", "/health?c%256fde=***"},
      {"/x?code[]=a&user[password]=b&auth.token=c&%5Bkey%5D=d",
       "/x?code[]=***&user[password]=***&auth.token=***&%5Bkey%5D=***"},
      {"/cb?id_token=a&client_secret=b&state=c&Refresh-Token=d&jwt=e&pwd=f&auth=g&sig=h",
       "/cb?id_token=***&client_secret=***&state=c&Refresh-Token=***&jwt=***&pwd=***&auth=***&sig=***"},
      {"/b/k?X-Amz-Credential=a&X-Amz-Date=b&X-Amz-Signature=c&X-Amz-Security-Token=d",
       "/b/k?X-Amz-Credential=***&X-Amz-Date=b&X-Amz-Signature=***&X-Amz-Security-Token=***"},
      {"/x?a=1;code=2;b=3", "/x?a=1;code=***;b=3"},
      {"/x;code=2;b=3/y;token=4?a=5", "/x;code=***;b=3/y;token=***?a=5"},
      {"/x#access_token=a&b=c", "/x#access_token=***&b=c"},
      {"/x?a=b#access_token=a", "/x?a=b#access_token=***"},
      {"/x?design=1&author=2&monkey=3&passage=4&postcode=5",
       "/x?design=1&author=2&monkey=3&passage=4&postcode=5"},
      {"/x?code", "/x?code"},
      {"/x?&&=1&code=", "/x?&&=1&code=***"},
      {"/code=1", "/code=1"},
  };
  for (const auto& [target, shown] : cases) {
    CAPTURE(target);
    CHECK(redaction.target(target) == shown);
  }
}

TEST_CASE("within values") {
  const Redaction redaction;
  const Case cases[] = {
      {"/x?a=1?code=2", "/x?a=***"},
      {"/x?next=https%3A%2F%2Fhost%2F%3Ftoken%3Dabc&b=c", "/x?next=***&b=c"},
      {"/x?a=1%26code%3D2", "/x?a=***"},
      {"/e/?data=eyJ0b2tlbiI6InBoYyJ9&ip=1&ver=1.2", "/e/?data=***&ip=1&ver=1.2"},
      {"/e/?compression=lz64&d%61ta=N4Ig&ip=1", "/e/?compression=lz64&d%61ta=***&ip=1"},
      {"/i?e=pv&cx=eyJzY2hlbWEi&ue_px=%65yJkYXRhIjp7&p=web", "/i?e=pv&cx=***&ue_px=***&p=web"},
      {"/x?a=W3siYSI6MX1d&b=ewogICJhIjogMQp9&c=eyes&data_type=rib&eyJ=1",
       "/x?a=***&b=***&c=eyes&data_type=rib&eyJ=1"},
      {"/x?data=%7B%22writeKey%22%3A%22abc%22%7D", "/x?data=***"},
      {"/x?%7B%22api_key%22:%22abc%22%7D", "/x?***"},
      {"/x?time=12:30&url=https://host:8080/a", "/x?time=12:30&url=https://host:8080/a"},
  };
  for (const auto& [target, shown] : cases) {
    CAPTURE(target);
    CHECK(redaction.target(target) == shown);
  }
}

TEST_CASE("user information") {
  const Redaction redaction;
  const Case cases[] = {
      {"http://me:open@host/x?a=b", "http://***@host/x?a=b"},
      {"http://me@host/x", "http://***@host/x"},
      {"http://host/@x", "http://host/@x"},
      {"http://a@b:c@host/", "http://***@host/"},
      {"/to/http://me@host", "/to/http://me@host"},
      {"/to/http://me:open@host/x", "/to/http://***@host/x"},
      {"//me:open@host/x", "//***@host/x"},
      {"/x?to=https%3A%2F%2Fme%3Aopen%40host%2F&b=c", "/x?to=https%3A%2F%2F***%40host%2F&b=c"},
      {"/x?mail=me@host", "/x?mail=me@host"},
  };
  for (const auto& [target, shown] : cases) {
    CAPTURE(target);
    CHECK(redaction.target(target) == shown);
  }
}

TEST_CASE("by value") {
  const Redaction redaction({"open sesame+", "s3cret-value", "k1", "", " "});
  const Case cases[] = {
      {"/v1/projects/s3cret-value/settings", "/v1/projects/***/settings"},
      {"/x?a=s3cret-value&b=xs3cret-valuex", "/x?a=***&b=x***x"},
      {"/x?a=s3cret%2dvalue&b=%73%33%63%72%65%74%2D%76%61%6C%75%65", "/x?a=***&b=***"},
      {"/x?a=%2573%2533cret-value", "/x?a=***"},
      {"/x?a=open+sesame%2B&b=open%20sesame+", "/x?a=***&b=***"},
      {"/x?s3cret-value", "/x?***"},
      {"/x?a=k1&b=k12&c=ak1", "/x?a=***&b=k12&c=ak1"},
      {"/x?a=S3CRET-VALUE", "/x?a=S3CRET-VALUE"},
      {"/x?a=%", "/x?a=%"},
      {"", ""},
  };
  for (const auto& [target, shown] : cases) {
    CAPTURE(target);
    CHECK(redaction.target(target) == shown);
  }
  CHECK(redaction.text("agent s3cret-value/1 (code=2)") == "agent ***/1 (code=2)");
}

TEST_CASE("long and odd input comes to an end") {
  const Redaction redaction({"s3cret-value"});
  for (const auto* piece : {"%25", "code=&", ";", "//a:b@", "s3cret-value", "=", ":", "?"}) {
    std::string target = "/x?";
    while (target.size() < 8192) target += piece;
    CHECK(redaction.target(target).size() <= 4 * target.size());
  }
}

}  // namespace
}  // namespace skerry::http
