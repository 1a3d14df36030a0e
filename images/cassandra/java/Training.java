import com.datastax.driver.core.Cluster;
import com.datastax.driver.core.ProtocolVersion;
import com.datastax.driver.core.Session;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.UUID;

/** What a client does, for the class-data archive; only used while the image is built. */
public final class Training {
    private static final int TRIES = 600;

    public static void main(String[] arguments) throws Exception {
        await();
        try (Cluster cluster = Cluster.builder().addContactPoint("127.0.0.1").withoutMetrics()
                .withProtocolVersion(ProtocolVersion.V4).build(); Session session = cluster.connect()) {
            session.execute("CREATE KEYSPACE training WITH replication = "
                + "{'class': 'NetworkTopologyStrategy', 'replication_factor': 1}");
            session.execute("CREATE TABLE training.rows (id uuid, at timestamp, text text, PRIMARY KEY (id, at))");
            session.execute("CREATE INDEX ON training.rows (text)");
            var insert = session.prepare("INSERT INTO training.rows (id, at, text) VALUES (?, ?, ?)");
            var once = session.prepare("INSERT INTO training.rows (id, at, text) VALUES (?, ?, ?) IF NOT EXISTS");
            var read = session.prepare("SELECT * FROM training.rows WHERE id = ?");
            for (int turn = 0; turn < 50; turn++) {
                UUID id = UUID.randomUUID();
                session.execute(insert.bind(id, new java.util.Date(), "a"));
                session.execute(once.bind(id, new java.util.Date(0), "b"));
                session.execute(read.bind(id)).all();
            }
            session.execute("SELECT count(*) FROM training.rows").all();
            session.execute("SELECT * FROM training.rows WHERE text = 'b'").all();
            session.execute("DROP KEYSPACE training");
        }
    }

    /** Until the node says that it is ready. */
    private static void await() throws Exception {
        for (int turn = 0; turn < TRIES; turn++) {
            try {
                var url = URI.create("http://127.0.0.1:8080/healthcheck").toURL();
                if (((HttpURLConnection) url.openConnection()).getResponseCode() == 200) {
                    return;
                }
            } catch (IOException error) {
                // It doesn't listen yet.
            }
            Thread.sleep(200);
        }
        throw new IllegalStateException("the node didn't become ready");
    }
}
