package io.reconciler.cassandra;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.StringJoiner;
import org.apache.cassandra.dht.Token;
import org.apache.cassandra.gms.FailureDetector;
import org.apache.cassandra.gms.Gossiper;
import org.apache.cassandra.locator.InetAddressAndPort;
import org.apache.cassandra.locator.TokenMetadata;
import org.apache.cassandra.service.StorageService;

/** The ring as this node sees it. Only to be used once the node has joined. */
final class Ring {
    private static final int PATIENCE_MS = 400;

    private static final long TURN_NS = 60_000_000_000L;

    private static String turnOf = "";
    private static long turnSince;

    private Ring() {}

    /**
     * Gives new members their turns: one joins at a time, as two would move the same ranges. All ask the member with
     * the lowest number. A turn ends when its node is in the ring, or after a minute without a sign of it.
     *
     * @return whether it is this token's turn now
     */
    static synchronized boolean turn(String token) {
        TokenMetadata metadata = StorageService.instance.getTokenMetadata();
        boolean over = turnOf.isEmpty() || turnOf.equals(token) || System.nanoTime() - turnSince > TURN_NS;
        for (Token place : metadata.sortedTokens()) {
            over |= place.toString().equals(turnOf);
        }
        for (Token place : metadata.getBootstrapTokens().keySet()) {
            over &= place.toString().equals(token);
        }
        if (over) {
            turnOf = token;
            turnSince = System.nanoTime();
        }
        return over;
    }

    /** Whether this node is a member that clients can use. */
    static boolean serves() {
        StorageService service = StorageService.instance;
        return service.getOperationMode().equals("NORMAL") && service.isNativeTransportRunning();
    }

    /** How many owners of tokens are alive, this node among them. */
    static int alive() {
        int alive = 0;
        for (InetAddressAndPort endpoint : StorageService.instance.getTokenMetadata().getAllMembers()) {
            alive += FailureDetector.instance.isAlive(endpoint) ? 1 : 0;
        }
        return alive;
    }

    /** Every place: token, address, whether it is alive, whether it is still joining. */
    static String toJson() {
        TokenMetadata metadata = StorageService.instance.getTokenMetadata();
        StringJoiner places = new StringJoiner(", ", "[", "]");
        for (Token token : metadata.sortedTokens()) {
            places.add(place(token, metadata.getEndpoint(token), false));
        }
        for (var joining : metadata.getBootstrapTokens().entrySet()) {
            places.add(place(joining.getKey(), joining.getValue(), true));
        }
        return places.toString();
    }

    private static String place(Token token, InetAddressAndPort endpoint, boolean joining) {
        return "{\"token\": " + token + ", \"address\": \"" + endpoint.getHostAddress(false)
            + "\", \"alive\": " + FailureDetector.instance.isAlive(endpoint) + ", \"joining\": " + joining + "}";
    }

    /**
     * Believes that a node is gone if nothing answers at its address: it is seen as down now and not when the failure
     * detector has lost patience. Nothing is removed, and hints are kept for it. Had it been alive, its next gossip
     * would bring it back.
     *
     * @return why not, "" if so
     */
    static String gone(String address) {
        InetAddressAndPort endpoint;
        try {
            endpoint = InetAddressAndPort.getByName(address);
        } catch (UnknownHostException error) {
            return "no address";
        }
        if (!StorageService.instance.getTokenMetadata().isMember(endpoint)) {
            return "no member is there";
        }
        if (answers(endpoint)) {
            return "it answers";
        }
        if (Gossiper.instance.isAlive(endpoint)) {
            FailureDetector.instance.forceConviction(endpoint);
        }
        return "";
    }

    private static boolean answers(InetAddressAndPort endpoint) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(endpoint.getAddress(), endpoint.getPort()), PATIENCE_MS);
            return true;
        } catch (IOException error) {
            return false;
        }
    }
}
