import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.simplereport.jaxb.XmlTimestamp;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.time.Instant;
import java.util.Date;

/**
 * Judges PDFs by EU DSS, offline: Judge POLICY ROOT TIME FILE...
 *
 * One line a file (FILE and its path), one a signature (SIGNATURE, indication, sub-indication,
 * level), one a timestamp in it or over it (TIMESTAMP, indication); separated by tabs.
 */
public final class Judge {
    public static void main(String[] args) throws Exception {
        CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
        trusted.addCertificate(DSSUtils.loadCertificate(new File(args[1])));
        for (int i = 3; i < args.length; i++) {
            System.out.println("FILE\t" + args[i]);
            try {
                say(judged(args[i], args[0], args[2], trusted));
            } catch (RuntimeException unreadable) {
                System.out.println("UNREADABLE");
            }
        }
    }

    private static SimpleReport judged(
            String file, String policy, String time, CommonTrustedCertificateSource trusted)
            throws Exception {
        SignedDocumentValidator validator =
            SignedDocumentValidator.fromDocument(new FileDocument(file));
        // The constructor without an argument would go online.
        CommonCertificateVerifier verifier = new CommonCertificateVerifier(true);
        verifier.setTrustedCertSources(trusted);
        validator.setCertificateVerifier(verifier);
        validator.setValidationTime(Date.from(Instant.parse(time)));
        try (InputStream stream = new FileInputStream(policy)) {
            return validator.validateDocument(stream).getSimpleReport();
        }
    }

    private static void say(SimpleReport report) {
        for (String id : report.getSignatureIdList()) {
            System.out.println("SIGNATURE\t" + report.getIndication(id) + "\t"
                + report.getSubIndication(id) + "\t" + report.getSignatureFormat(id));
            for (XmlTimestamp timestamp : report.getSignatureTimestamps(id)) {
                System.out.println("TIMESTAMP\t" + timestamp.getIndication());
            }
        }
    }
}
