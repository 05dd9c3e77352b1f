// Frames of each venue as its documentation shows them, and a few that are odd: what the tests that
// cut, flip and shuffle start from, also where no captures lie beside the project.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace contagiond::test {

/// Hand-made frames that exercise what recordings rarely hold; they stand in for recordings where
/// those are absent.
inline std::vector<std::string> own_frames(std::string_view venue) {
    if (venue == "binance_spot") {
        return {
            R"({"stream":"x@trade","data":{"e":"trade","E":1,"s":"X\u0041\"","t":9,"p":"1.50","q":"2","T":1723161255342,"m":true,"M":true}})",
            R"({"e":"aggTrade","s":"X","a":12,"p":"0.001","q":"1e2","T":1672515782136123,"m":false})",
            R"({"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"0.0","a":"0.00","A":"40.66"})",
            R"({"result":null,"id":1})", R"({"error":{"code":0,"msg":"a\nb"},"id":2})"};
    }
    if (venue == "coinbase_exchange") {
        return {
            R"({"type":"match","trade_id":10,"side":"sell","size":"5.23512","price":"400.23","product_id":"BTC-USD","sequence":50,"time":"2014-11-07T08:19:27.028459Z","x":{"y":[1,{"z":null}]}})",
            R"( { "type" : "ticker" , "product_id" : "\u00e9", "best_bid":"1","best_ask":null , "time":"0001-01-01T00:00:00Z" } )",
            R"({"type":"error","message":"m","reason":"r"})"};
    }
    if (venue == "bitfinex") {
        return {
            R"({"event":"subscribed","channel":"trades","chanId":7,"symbol":"tBTC\u0055SD","pair":"BTCUSD"})",
            R"({"event":"subscribed","channel":"ticker","chanId":8,"symbol":"tDOGE:USD","pair":"DOGE:USD"})",
            R"([7,[[401597395,1574694478808,0.005,7245.3],null,[401597394,1574694478000,-0.25,7245.2]],1])",
            R"([7,"te",[637771131,1615232733899,-1e-8,51350],2,1615232733901])",
            R"([7,"te",[637771130,1615232733897,0.11546588,51350]])",
            R"([8,[51349,12.5,51350,8.25]])",
            R"([8,[51349,12.5,null,8.25,120.4,0.0023,51350,4312.7,52000,50100]])",
            R"([7,"hb"])",
            R"({"event":"error","msg":"symbol: invalid","code":10300})"};
    }
    if (venue == "deribit") {
        return {
            R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":"trades.BTC-PERPETUAL.100ms","data":[{"timestamp":1765531356452,"price":92294.5,"amount":10.0,"direction":"sell","instrument_name":"BTC-PERPETU\u0041L","trade_seq":271252854,"combo_trade_id":"43","trade_id":"403691824"},null,{"timestamp":1765531356453,"price":1e-4,"amount":0.1,"direction":"buy","instrument_name":"X","trade_id":"4","block_trade_id":"B","liquidation":"T"}]}})",
            R"({"params":{"data":{"timestamp":1765541767174,"instrument_name":"BTC-PERPETUAL","best_ask_price":0.0,"best_bid_price":92288.0,"best_ask_amount":0.0,"best_bid_amount":null},"channel":"quote.BTC-PERPETUAL"},"method":"subscription","jsonrpc":"2.0"})",
            R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":"deribit_volatility_index.btc_usd","data":{"volatility":129.36,"timestamp":1619777946007,"index_name":"btc_usd"}}})",
            R"({"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}})",
            R"({"jsonrpc":"2.0","id":1,"error":{"code":10028,"message":"too_many_requests","data":null}})"};
    }
    if (venue == "gate_futures") {
        return {
            R"({"time":1541503698,"time_ms":0,"channel":"futures.trades","event":"update","error":null,"result":[{"size":-108,"id":27753479,"create_time":1545136464,"price":"96.4","contract":"BTC_\u0055SD"},null,{"size":"1.5","id":27753480,"create_time_ms":1545136464123,"price":"1E-8","contract":"X","is_internal":true}]})",
            R"({"result":{"t":1615366379124,"u":2517661077,"s":"NVDA_USDT","b":"","B":"","a":"181.25","A":"4"},"event":"update","channel":"futures.book_ticker"})",
            R"({"channel":"futures.trades","event":"subscribe","error":{"code":2,"message":"unknown contract"},"result":null})"};
    }
    if (venue == "gate_spot") {
        return {
            R"({"time":1606292218,"channel":"spot.trades","event":"update","result":{"id":309143071,"create_time":1606292218,"create_time_ms":"1606292218213.4578","side":"sell","currency_pair":"GT_\u0055SDT","amount":"16.4700000000","price":"0.4705000000"}})",
            R"({"result":{"t":1606293275123,"u":1,"s":"X","b":"0","B":"0","a":"19179.38","A":"0.09"},"channel":"spot.book_ticker","event":"update"})",
            R"({"channel":"spot.trades","event":"update","result":[{"id":"5","create_time":1606292218,"side":"buy","contract":"X","size":1e2,"price":2}]})",
            R"({"channel":"spot.book_ticker","event":"update","result":{"t":1606293275123,"s":"X","b":1.5,"B":0.5,"a":null,"A":""}})",
            R"({"time":1,"channel":"spot.system","event":"update","result":{"type":"upgrade"}})"};
    }
    if (venue == "gemini_v3") {
        return {
            R"({"E":1783981140085684200,"s":"btc\u0072lusd","t":2840141014190422,"p":"62145.38000","q":"0.0162522200","m":true})",
            R"({"u":1764549594389753,"E":1783981140076872201,"s":"xrpgusd","b":"","B":"","a":"1.0615000","A":"38.39060000","c":"","C":""})",
            R"({"p":"1E-8","q":2,"t":"x","s":"btcusd","m":false,"e":"trade"})",
            R"({"A":"4","a":3,"B":"2","b":1.5,"s":"btcusd","u":7})",
            R"({"id":"1","status":400,"error":{"code":-1013,"msg":"a\nb"}})"};
    }
    if (venue == "hyperliquid") {
        return {
            R"({"channel":"trades","data":[{"coin":"xyz:NVD\u0041","side":"A","px":"181.25","sz":"3.118","time":1790735999410,"hash":"0x00","tid":118906907328761,"users":["0x1","0x2"]},null,{"coin":"BTC","side":"B","px":"69997.0","sz":"0.38111","time":1730160006192,"tid":1}]})",
            R"({"data":{"bbo":[null,{"px":"0.97934","sz":"50.0","n":1}],"time":1750948919838,"coin":"@162"},"channel":"bbo"})",
            R"({"channel":"l2Book","data":{"coin":"BTC","time":1730160007687,"levels":[[{"px":"1","sz":"2","n":1},{"px":"0.5","sz":"1","n":1}],[]]}})",
            R"({"channel":"error","data":"Invalid subscription {\"type\":\"x\"}"})"};
    }
    if (venue == "kucoin") {
        return {
            R"({"data":{"symbol":"WEST-\u0055SDT","side":"sell","size":"50","price":"0.35209","time":"1619136128154095928","type":"match","tradeId":"60820e807857784acade95a7"},"subject":"trade.l3match","topic":"/market/match:WEST-USDT","type":"message"})",
            R"({"type":"message","topic":"/market/ticker:all","subject":"KAI-BTC","data":{"bestAsk":"0.0000020917","bestBidSize":"0","time":1619136126291,"bestAskSize":"4415.3735","bestBid":"0"}})",
            R"({"type":"message","topic":"/market/ticker:KCS-BTC","subject":"trade.ticker","data":{"bestAsk":2,"bestBid":"1E-8","bestBidSize":1.5}})",
            R"({"type":"error","code":404,"data":"topic /market/match:NOPE-USDT is not found"})"};
    }
    if (venue == "alpaca") {
        return {
            R"([{"T":"t","i":96921,"S":"AAPL","x":"D","p":126.55,"s":1,"t":"2021-02-22T15:51:44.208Z","c":["@","I"],"z":"C"},{"T":"q","S":"AMD","bx":"U","bp":87.66,"bs":1,"ap":0,"as":1,"t":"2021-02-22T15:51:45.3355677Z","c":["R"],"z":"C"}])",
            R"([{"T":"t","S":"BTC/USDT","i":16665956,"p":1E-8,"s":0.017615,"t":"2022-12-19T12:04:12.843Z","tks":"S"},5,[]])"};
    }
    if (venue == "binance_usdm") {
        return {
            R"({"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1618677448238,"a":52599685,"s":"BTCUSDT","p":"49966.7","q":"0.001","f":1,"l":2,"T":1618677448084,"m":false}})",
            R"({"e":"trade","E":1,"T":1723161256322,"s":"X\u0041","t":5,"p":"61800.30","q":"0.006","X":"INSURANCE_FUND","m":true})",
            R"({"e":"bookTicker","u":1,"s":"X","b":"0.00","B":"0","a":"61800.30","A":"2.5","T":1723161256313,"E":1723161256313,"st":1,"ps":"X"})",
            R"({"error":{"code":-1121,"msg":"Invalid symbol."},"id":2})"};
    }
    if (venue == "okx_v5") {
        return {
            R"({"arg":{"channel":"trades","instId":"BTC-USD"},"data":[{"instId":"BTC-USD","tradeId":"130639474","px":"42219.9","sz":"0.12060306","side":"buy","ts":"1630048897897","count":"3"},null]})",
            R"({"data":[{"asks":[["8476.98","415","0","13"]],"bids":[null],"ts":"1597026383085","seqId":123456}],"arg":{"instId":"B\u0054C-USDT","channel":"bbo-tbt"}})",
            R"({"arg":{"channel":"tickers","instId":"BTC-USDT"},"data":[{"instType":"OPTION","instId":"BTC-USDT","askPx":"9999.99","askSz":"11","bidPx":"","bidSz":"","ts":"1597026383085"}]})",
            R"({"event":"error","code":"60012","msg":"Invalid request: {\"op\"}","connId":"a4d3ae55"})"};
    }
    if (venue == "bybit_v5") {
        return {
            R"({"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{"T":1672304486865,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":true,"seq":1783284617},7,{"RPI":true,"p":"1","v":"1e-8","S":"Sell","s":"BTC\u0055SDT","T":1672304486865}]})",
            R"({"cts":1672304484976,"data":{"s":"BTCUSDT","a":[],"b":[["16493.50","0.006"]],"u":18521288,"seq":7961638724},"ts":1672304484978,"topic":"orderbook.1.BTCUSDT"})",
            R"({"topic":"orderbook.1.X","type":"snapshot","ts":1672304484978,"data":{"s":"X","b":null,"a":[["1","2"]]}})",
            R"({"success":false,"ret_msg":"Invalid topic: \u00e9","conn_id":"c","op":"subscribe"})"};
    }
    if (venue == "bitstamp") {
        return {
            R"({"data":{"id":3000000001,"timestamp":"1700000001","amount":1e-8,"amount_str":"1E-8","price":36500.5,"price_str":"36500.5","type":1,"microtimestamp":"1700000001000001","buy_order_id":1692000000000001},"channel":"live_trades_btcusd","event":"trade"})",
            R"({"channel": "order_book_b\u0074cusd", "data": {"asks": [["36501.00", "0.75"], ["36502.00", "1"]], "bids": [], "microtimestamp": "1700000000123456"}, "event": "data"})",
            R"({"event":"bts:error","channel":"","data":{"code":null,"message":"Bad \"subscription\" string."}})",
            R"({"event":"bts:request_reconnect","channel":"","data":""})"};
    }
    if (venue == "coinbase_advanced") {
        return {
            R"({"channel":"market_trades","timestamp":"2026-09-30T02:39:59.551901038Z","sequence_num":247,"events":[{"trades":[{"product_id":"ETH-USD","trade_id":"846155167","price":"2667.2","size":"0.84275842","time":"2026-09-30T02:39:59.4104Z","side":"SELL"},{"product_id":"\u0045TH-USD","price":"1","size":"1E-8","side":"BUY"}],"type":"snapshot"},{"type":"update","trades":[5]}]})",
            R"({"events":[{"type":"update","tickers":[{"product_id":"BTC-USD","best_bid":"","best_bid_quantity":"0","best_ask":"68901.00","best_ask_quantity":"0.5"}]}],"timestamp":"2026-04-07T14:30:03Z","channel":"ticker"})",
            R"({"type":"error","message":"authentication \"failure\""})"};
    }
    if (venue == "kraken_v2") {
        return {
            R"({"channel":"trade","type":"snapshot","data":[{"symbol":"ETH/USD","side":"sell","price":2284.15,"qty":1e-8,"ord_type":"market","trade_id":62886870,"timestamp":"2026-05-14T15:03:41.748964Z"},null,{"symbol":"B\u0054C/USD","side":"buy","price":81011.50,"qty":0.00123440,"trade_id":100320028,"timestamp":"2026-05-14T15:06:09.020392Z"}]})",
            R"({"data":[{"timestamp":"1970-01-01T00:00:00.000000Z","symbol":"AAPLx/USD","bid":0,"bid_qty":0,"ask":199.5,"ask_qty":0.8}],"type":"update","channel":"ticker"})",
            R"({"error":"Currency pair not supported XBT/USD","method":"subscribe","success":false,"symbol":"XBT/USD"})",
            R"({"channel":"status","data":[{"connection_id":16389994220698793191,"system":"online"}],"type":"update"})"};
    }
    if (venue == "finnhub") {
        return {
            R"({"data":[{"c":["1","24","12"],"p":146.76,"s":"AAPL","t":1628238530221,"v":43},null,{"c":null,"p":1E-8,"s":"OANDA:EUR_\u0055SD","t":1628238530221,"v":0}],"type":"trade"})",
            R"({"type":"ping"})", R"({"msg":"Invalid symbol \"X\"","type":"error"})"};
    }
    if (venue == "massive") {
        return {
            R"([{"ev":"T","sym":"TSLA","i":"15589","x":19,"p":1114.38,"s":13,"c":[14,37,41],"t":1649169893847,"q":1769466,"z":3},{"ev":"Q","sym":"MS\u0046T","bx":4,"bp":114.125,"bs":100,"ap":0,"as":160,"c":0,"i":[604],"t":1536036818784,"q":50385480,"z":3},7])",
            R"([{"ev":"status","status":"auth_failed","message":"a\nb"}])"};
    }
    if (venue == "tiingo") {
        return {
            R"({"messageType":"A","service":"iex","data":["T","2019-01-30T13:33:45.594808294-05:00",1548873225594808294,"w\u0065s",null,null,null,null,null,50.285,200,null,0,0,0,0]})",
            R"({"data":["Q","2019-01-30T13:33:45.383129126-05:00",1548873225383129126,"vym",100,81.58,81.585,0,100,null,null,0,0,null,null,null],"service":"iex","messageType":"A"})",
            R"({"messageType":"I","response":{"code":200,"message":"Success"},"data":{"subscriptionId":61}})",
            R"({"messageType":"E","response":{"code":400,"message":"thresholdLevel not valid"}})"};
    }
    if (venue == "twelvedata") {
        return {
            R"({"event":"price","symbol":"AAPL","currency":"USD","exchange":"NASDAQ","type":"Common Stock","timestamp":1592249566,"price":342.0157,"day_volume":27631112})",
            R"({"price":1e-8,"timestamp":null,"symbol":"B\u0054C/USD","event":"price"})",
            R"({"event":"subscribe-status","status":"error","success":[{"symbol":"A"}],"fails":[{"symbol":"X"}]})",
            R"({"status":"error","code":401,"message":"m"})"};
    }
    return {};
}

}  // namespace contagiond::test
