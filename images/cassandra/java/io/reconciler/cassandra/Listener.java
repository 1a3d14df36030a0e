package io.reconciler.cassandra;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/**
 * What other nodes and those who look after this one may ask, over HTTP on port 8080, as of the start program before:
 *
 * <ul>
 *   <li>{@code GET /healthcheck}: 200 when this node has joined and serves clients, else 503 and why;
 *   <li>{@code GET} or {@code POST /node}: its card, with the ring once it has joined;
 *   <li>{@code POST /turn?token=…}: whether a new member may join there now;
 *   <li>{@code POST /gone?address=…}: nobody is at this address any more (Ring says what is made of it).
 * </ul>
 */
final class Listener {
    private static final int PORT = 8080;

    private final String record;
    private final String before = System.getProperty("reconciler.cassandra.state", "joining");
    private volatile boolean joined;

    Listener(String record) {
        this.record = record;
    }

    void start() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(PORT), 0);
        server.createContext("/healthcheck", this::health);
        server.createContext("/node", this::card);
        server.createContext("/gone", this::gone);
        server.createContext("/turn", this::turn);
        server.start();
    }

    /** From now on Cassandra's services may be asked; touching them earlier would start them too early. */
    void joined() {
        joined = true;
    }

    private void health(HttpExchange exchange) throws IOException {
        String reason = reason();
        boolean ready = reason.isEmpty();
        answer(exchange, ready ? 200 : 503, ready ? "{\"ready\": true}" : notReady(reason));
    }

    private String reason() {
        if (!joined) {
            return before.equals("forming") ? "starts, or waits for the others who found the cluster" : "starting";
        }
        return Ring.serves() ? "" : "doesn't serve clients";
    }

    private static String notReady(String reason) {
        return "{\"ready\": false, \"reason\": \"" + reason + "\"}";
    }

    /** The record with what has come to be known since it was written. */
    private void card(HttpExchange exchange) throws IOException {
        String state = joined ? "member" : before;
        String ring = joined ? Ring.toJson() : "[]";
        String rest = record.substring(record.indexOf('{') + 1);
        answer(exchange, 200, "{\"state\": \"" + state + "\", \"ring\": " + ring + "," + rest);
    }

    private void gone(HttpExchange exchange) throws IOException {
        String address = argument(exchange, "address=");
        if (!address.isEmpty()) {
            String refusal = Ring.gone(address);
            answer(exchange, refusal.isEmpty() ? 200 : 409, "{\"reason\": \"" + refusal + "\"}");
        }
    }

    private void turn(HttpExchange exchange) throws IOException {
        String token = argument(exchange, "token=");
        if (!token.isEmpty()) {
            boolean granted = Ring.turn(token);
            answer(exchange, granted ? 200 : 409, granted ? "{}" : notReady("another node is joining"));
        }
    }

    /** What a member is asked about; "" when the question is answered already: with a refusal. */
    private String argument(HttpExchange exchange, String name) throws IOException {
        String query = exchange.getRequestURI().getQuery();
        if (!exchange.getRequestMethod().equals("POST") || query == null || !query.startsWith(name)) {
            answer(exchange, 400, "{\"reason\": \"POST with ?" + name + "…\"}");
        } else if (!joined) {
            answer(exchange, 409, notReady("starting"));
        } else {
            return query.substring(name.length());
        }
        return "";
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        exchange.getRequestBody().readAllBytes();
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
