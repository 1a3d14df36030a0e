package io.reconciler.cassandra;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.cassandra.exceptions.ConfigurationException;
import org.apache.cassandra.gms.EndpointState;
import org.apache.cassandra.gms.Gossiper;
import org.apache.cassandra.locator.InetAddressAndPort;
import org.apache.cassandra.locator.SimpleSeedProvider;
import org.apache.cassandra.schema.Schema;
import org.apache.cassandra.utils.FBUtilities;

/**
 * The seeds by name, and the place where a joining node waits until it knows what there is to stream.
 *
 * <p>Cassandra gives gossip a fixed time, {@code ring_delay_ms}, to bring the ring and the schema; when that is over, it
 * streams the keyspaces that it has heard of. On a busy machine a second is too short, and a node would join without
 * the data. It asks for the seeds right before, in its main thread and with gossip running: that call takes as long as
 * it needs.
 */
public final class Seeds extends SimpleSeedProvider {
    private static final long PATIENCE_MS = 60_000;
    private static final long LOOK_AGAIN_MS = 20;

    private static volatile int expected;
    private static volatile Thread joining;

    public Seeds(Map<String, String> parameters) {
        super(parameters);
    }

    /** From now on this thread waits, once gossip runs, until so many members are alive and agree on the schema. */
    static void expect(int members) {
        expected = members;
        joining = Thread.currentThread();
    }

    @Override
    public List<InetAddressAndPort> getSeeds() {
        // Before the daemon's configuration is read, nothing of Cassandra's may be touched: joining is not set then.
        if (joining == Thread.currentThread() && expected > 0 && Gossiper.instance.isEnabled()) {
            await();
            joining = null;
        }
        return super.getSeeds();
    }

    private static void await() {
        long until = System.nanoTime() + PATIENCE_MS * 1_000_000;
        while (Ring.alive() < expected || !agreed()) {
            if (System.nanoTime() > until) {
                throw new ConfigurationException("gossip didn't bring the schema of " + expected + " living members");
            }
            try {
                Thread.sleep(LOOK_AGAIN_MS);
            } catch (InterruptedException error) {
                throw new ConfigurationException("interrupted while it waited for the schema", error);
            }
        }
    }

    /** Whether this node has the schema that all living ones have. */
    private static boolean agreed() {
        UUID mine = Schema.instance.getVersion();
        for (InetAddressAndPort endpoint : Gossiper.instance.getLiveMembers()) {
            EndpointState state = Gossiper.instance.getEndpointStateForEndpoint(endpoint);
            boolean self = endpoint.equals(FBUtilities.getBroadcastAddressAndPort());
            if (!self && (state == null || !mine.equals(state.getSchemaVersion()))) {
                return false;
            }
        }
        return true;
    }
}
