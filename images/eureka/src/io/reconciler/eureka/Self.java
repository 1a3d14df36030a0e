package io.reconciler.eureka;

import com.netflix.appinfo.AmazonInfo;
import com.netflix.appinfo.AmazonInfo.MetaDataKey;
import com.netflix.appinfo.ApplicationInfoManager;
import com.netflix.appinfo.DataCenterInfo;
import com.netflix.appinfo.InstanceInfo;
import com.netflix.appinfo.InstanceInfo.InstanceStatus;
import com.netflix.appinfo.LeaseInfo;
import com.netflix.eureka.registry.PeerAwareInstanceRegistry;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * This server's own entry in its registry, as EUREKA and with its zone, which the peers get as they get every other. It
 * goes straight into the registry: a client that talks to its own process would cost 10 MB and half a second.
 */
final class Self {
    private static final int LEASE_SECONDS = 3;
    private static final Pattern ZONE = Pattern.compile("\"az_name\"\\s*:\\s*\"([A-Za-z0-9._-]+)\"");

    private final PeerAwareInstanceRegistry registry;
    private final InstanceInfo info;
    private final ScheduledExecutorService beats = Executors.newSingleThreadScheduledExecutor(Self::thread);

    Self(PeerAwareInstanceRegistry registry, URI own) {
        this.registry = registry;
        this.info = info(own, zone(System.getenv()));
    }

    void start() {
        registry.register(info, false);
        beats.scheduleWithFixedDelay(this::renew, 1, 1, TimeUnit.SECONDS);
    }

    /** Takes the entry back; the peers hear of it at once. */
    void stop() {
        beats.shutdownNow();
        registry.cancel(info.getAppName(), info.getId(), false);
    }

    private void renew() {
        // An exception would end the beats; what fails now is tried again a second later.
        try {
            if (!registry.renew(info.getAppName(), info.getId(), false)) {
                registry.register(info, false);
            }
        } catch (RuntimeException failed) {
            System.err.println("eureka: renewing its own entry: " + failed);
        }
    }

    private static InstanceInfo info(URI own, String zone) {
        String name = own.getHost().split("\\.", 2)[0];
        String address = ApplicationInfoManager.getInstance().getInfo().getIPAddr();
        String page = "http://" + own.getHost() + ":" + own.getPort() + "/eureka/";
        return InstanceInfo.Builder.newBuilder()
                .setInstanceId(name + ":" + own.getPort())
                .setAppName("EUREKA")
                .setVIPAddress("eureka")
                .setHostName(own.getHost())
                .setIPAddr(address)
                .setPort(own.getPort())
                .setStatus(InstanceStatus.UP)
                .setDataCenterInfo(place(zone))
                .setStatusPageUrl("/eureka/", page)
                .setHealthCheckUrls("/healthcheck", page.replace("/eureka/", "/healthcheck"), null)
                .add("zone", zone)
                .setLeaseInfo(LeaseInfo.Builder.newBuilder()
                        .setDurationInSecs(LEASE_SECONDS)
                        .setRenewalIntervalInSecs(1)
                        .build())
                .build();
    }

    private static DataCenterInfo place(String zone) {
        return AmazonInfo.Builder.newBuilder()
                .addMetadata(MetaDataKey.availabilityZone, zone)
                .addMetadata(MetaDataKey.amiId, "reconciler/eureka")
                .build();
    }

    /** The zone that the instance was told. */
    static String zone(Map<String, String> environment) {
        Matcher found = ZONE.matcher(environment.getOrDefault("user_data", ""));
        return found.find() ? found.group(1) : "unknown";
    }

    private static Thread thread(Runnable work) {
        var thread = new Thread(work, "own-entry");
        thread.setDaemon(true);
        return thread;
    }
}
