# ruff: noqa: E501 (rows of files stand whole)
"""Exports of known tools, written after their documented headers; their people are invented.

Each has its answers for `consent new source` and, counted by hand, who is permitted by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Export:
    """A tool's file.

    Attributes:
        like: what `--like` takes.
        by_header: the header alone tells.
        options: `--map` and `--ignore`, as a person would answer.
        permitted: purpose → the contact points that it permits.
    """

    file: str
    content: str
    like: str
    by_header: bool
    mapped: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    time_zone: str | None = None
    permitted: dict[str, set[str]] = field(default_factory=dict)
    suppressed: dict[str, str] = field(default_factory=dict)


MAILCHIMP = (
    "Email Address,First Name,Last Name,Phone Number,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,"
    "CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,"
    "LEID,EUID,NOTES,TAGS"
)


def mailchimp(address: str, number: str, more: str = "") -> str:
    return (
        f"{address},Mia,Jansen,,2,2025-11-03 10:00:00,192.0.2.1,2025-11-03 10:05:00,192.0.2.1,"
        f"52.0,4.9,1,2,Europe/Amsterdam,NL,NH,2025-12-01 09:00:00,{number},eu{number}{more},,"
    )


EXPORTS = (
    Export(
        "subscribed_audience.csv",
        "\n".join(
            (MAILCHIMP, mailchimp("mc.in@example.com", "11"), mailchimp("mc.in2@example.com", "12"))
        ),
        "mailchimp:subscribed",
        False,
        mapped=("*=answer to newsletter",),
        time_zone="Europe/Amsterdam",
        permitted={"newsletter": {"mc.in@example.com", "mc.in2@example.com"}},
    ),
    Export(
        "unsubscribed_audience.csv",
        "\n".join(
            (
                MAILCHIMP.replace(
                    "NOTES", "UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,NOTES"
                ),
                mailchimp("mc.out@example.com", "13", ",2025-12-02 08:00:00,Winter,c1,NO_REASON"),
            )
        ),
        "mailchimp:unsubscribed",
        False,
        mapped=("*=denial of newsletter",),
        time_zone="Europe/Amsterdam",
    ),
    Export(
        "cleaned_audience.csv",
        "\n".join(
            (
                MAILCHIMP.replace(
                    "NOTES", "CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,NOTES"
                ),
                mailchimp("mc.gone@example.com", "14", ",2025-12-02 08:00:00,Winter,c1"),
            )
        ),
        "mailchimp:cleaned",
        False,
        time_zone="Europe/Amsterdam",
        suppressed={"mc.gone@example.com": "bounced"},
    ),
    Export(
        "nonsubscribed_audience.csv",
        "\n".join((MAILCHIMP, mailchimp("mc.never@example.com", "15"))),
        "mailchimp:nonsubscribed",
        False,
    ),
    Export(
        "klaviyo_profiles.csv",
        "Email,Klaviyo ID,First Name,Last Name,Phone Number,Address,City,State / Region,Country,"
        "Zip Code,Source,IP Address,Email Marketing Consent,Email Marketing Consent Timestamp,"
        "SMS Marketing Consent,SMS Marketing Consent Timestamp,Date Added\n"
        "kl.in@example.com,01A,Kim,Lind,+31612345601,,,,NL,,-1,,SUBSCRIBED,2025-10-01 10:00:00+00:00,"
        "NEVER_SUBSCRIBED,,2025-09-01\n"
        "kl.out@example.com,01B,Kay,Lind,+31612345602,,,,NL,,-1,,UNSUBSCRIBED,2025-10-02 10:00:00+00:00,"
        "SUBSCRIBED,2025-10-02 10:00:00+00:00,2025-09-01\n"
        "kl.never@example.com,01C,Kit,Lind,,,,,NL,,-1,,NEVER_SUBSCRIBED,,,,2025-09-01\n",
        "klaviyo",
        True,
        mapped=(
            "Email Marketing Consent=answer to newsletter",
            "SMS Marketing Consent=answer to sms_offers",
        ),
        permitted={"newsletter": {"kl.in@example.com"}, "sms_offers": {"+31612345602"}},
    ),
    Export(
        "hubspot_contacts.csv",
        "Record ID,First Name,Last Name,Email,Phone Number,Country/Region,Lead Status,"
        "Unsubscribed from all email,Opted out of email: Newsletter,Newsletter opt in,Create Date,"
        "Last Modified Date\n"
        "9001,Hal,Berg,hs.in@example.com,,NL,Open,false,false,yes,2025-05-01 10:00,2025-06-01 10:00\n"
        "9002,Hea,Berg,hs.all@example.com,,NL,Open,true,false,yes,2025-05-01 10:00,2025-06-01 10:00\n"
        "9003,Hue,Berg,hs.news@example.com,,NL,Open,false,true,yes,2025-05-01 10:00,2025-06-01 10:00\n"
        "9004,Hob,Berg,hs.no@example.com,,NL,Open,,,,2025-05-01 10:00,2025-06-01 10:00\n",
        "hubspot",
        True,
        mapped=("Newsletter opt in=grant of newsletter",),
        permitted={"newsletter": {"hs.in@example.com"}},
    ),
    Export(
        "brevo_contacts.csv",
        "CONTACT ID;EMAIL;FIRSTNAME;LASTNAME;SMS;OPT_IN;EMAIL_BLACKLISTED;SMS_BLACKLISTED;ADDED_TIME;"
        "MODIFIED_TIME\n"
        "501;br.in@example.com;Bo;Ek;31612345611;true;false;false;01-10-2025 10:00:00;13-10-2025 10:00:00\n"
        "502;br.out@example.com;Bo;Ek;;true;true;false;01-10-2025 10:00:00;13-10-2025 10:00:00\n"
        "503;br.none@example.com;Bo;Ek;;false;false;false;01-10-2025 10:00:00;13-10-2025 10:00:00\n",
        "brevo",
        True,
        mapped=("OPT_IN=answer to newsletter",),
        permitted={"newsletter": {"br.in@example.com"}},
    ),
    Export(
        "shopify_customers.csv",
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,"
        "Default Address City,Default Address Country Code,Default Address Zip,Phone,"
        "Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags\n"
        "'7001,Sam,Poe,sh.in@example.com,yes,,Gent,BE,9000,+31612345621,no,10.00,1,,no,\n"
        "'7002,Sue,Poe,sh.sms@example.com,no,,Gent,BE,9000,+31612345622,yes,10.00,1,,no,\n",
        "shopify",
        True,
        mapped=(
            "Accepts Email Marketing=answer to newsletter",
            "Accepts SMS Marketing=answer to sms_offers",
        ),
        permitted={"newsletter": {"sh.in@example.com"}, "sms_offers": {"+31612345622"}},
    ),
    Export(
        "salesforce_consents.csv",
        "Id,Party.Email,Party.Phone,ContactPointType,PrivacyConsentStatus,DataUsePurpose.Name,"
        "CaptureDate,CaptureSource,EffectiveFrom,EffectiveTo,IsDeleted\n"
        "0a,sf.in@example.com,,Email,OptIn,Newsletter,2025-10-01T10:00:00.000Z,web,,,false\n"
        "0b,sf.phone@example.com,,Phone,OptIn,Newsletter,2025-10-01T10:00:00.000Z,web,,,false\n"
        "0c,sf.gone@example.com,,Email,OptIn,Newsletter,2025-10-01T10:00:00.000Z,web,,,true\n"
        "0d,sf.over@example.com,,Email,OptIn,Newsletter,2024-10-01T10:00:00.000Z,web,,"
        "2025-01-01T00:00:00.000Z,false\n"
        "0e,sf.out@example.com,,Email,OptOut,Newsletter,2025-10-01T10:00:00.000Z,web,,,false\n"
        "0g,sf.later@example.com,,Email,OptIn,Newsletter,2025-10-01T10:00:00.000Z,web,"
        "2099-01-01T00:00:00.000Z,,false\n"
        "0f,sf.call@example.com,+31612345631,Phone,OptIn,SMS,2025-10-01T10:00:00.000Z,web,,,false\n",
        "salesforce",
        True,
        mapped=("DataUsePurpose.Name:SMS=sms_offers",),
        permitted={"newsletter": {"sf.in@example.com"}, "sms_offers": {"+31612345631"}},
    ),
    Export(
        "dynamics_consents.csv",
        "msdynmkt_contactpointconsent4id,msdynmkt_contactpointvalue,msdynmkt_contactpointtype,"
        "msdynmkt_value,msdynmkt_purposeid,msdynmkt_topicid,msdynmkt_source,modifiedon,statecode\n"
        "aa-1,dy.in@example.com,534120000,534120001,p-1,,534120001,2025-10-01T10:00:00Z,0\n"
        "aa-2,dy.out@example.com,534120000,534120002,p-1,,534120001,2025-10-01T10:00:00Z,0\n"
        "aa-3,dy.unset@example.com,534120000,534120000,p-1,,534120001,2025-10-01T10:00:00Z,0\n"
        "aa-4,dy.off@example.com,534120000,534120001,p-1,,534120001,2025-10-01T10:00:00Z,1\n"
        "aa-5,+31612345641,534120001,534120001,p-2,,534120001,2025-10-01T10:00:00Z,0\n",
        "dynamics",
        True,
        mapped=("msdynmkt_purposeid:p-1=newsletter", "msdynmkt_purposeid:p-2=sms_offers"),
        permitted={"newsletter": {"dy.in@example.com"}, "sms_offers": {"+31612345641"}},
    ),
    Export(
        "dynamics_labelled.csv",
        "Contact Point Consent,Contact point value,Contact point type,Consent status,Purpose,Topic,"
        "Modified On,Status\n"
        "bb-1,dl.in@example.com,Email,Opted in,Newsletter,,2025-10-01 10:00,Active\n"
        "bb-2,dl.out@example.com,Email,Opted out,Newsletter,,2025-10-01 10:00,Active\n"
        "bb-3,+31612345651,Text,Opted in,SMS offers,,2025-10-13 10:00,Active\n",
        "dynamics_labels",
        True,
        time_zone="Europe/Amsterdam",
        permitted={"newsletter": {"dl.in@example.com"}, "sms_offers": {"+31612345651"}},
    ),
    Export(
        "braze_users.csv",
        "user_id,braze_id,email,phone_number,first_name,last_name,country,email_subscribe,"
        "email_opted_in_at,unsubscribed_from_emails_at,push_subscribe,created_at\n"
        "u1,b1,bz.in@example.com,,Bea,Roe,NL,opted_in,2025-10-01T10:00:00Z,,,2025-09-01T10:00:00Z\n"
        "u2,b2,bz.default@example.com,,Ben,Roe,NL,subscribed,,,,2025-09-01T10:00:00Z\n"
        "u3,b3,bz.out@example.com,,Bob,Roe,NL,unsubscribed,,2025-10-02T10:00:00Z,,2025-09-01T10:00:00Z\n",
        "braze",
        True,
        mapped=("email_subscribe=answer to newsletter",),
        permitted={"newsletter": {"bz.in@example.com"}},
    ),
    Export(
        "suppression_bounces.csv",
        "status,reason,email,created\n5.1.1,550 no such user,sg.bounce@example.com,1759312800\n",
        "sendgrid:bounces",
        False,
        suppressed={"sg.bounce@example.com": "bounced"},
    ),
    Export(
        "suppression_unsubscribes.csv",
        "email,created\nsg.out@example.com,1759312800\n",
        "sendgrid:unsubscribes",
        False,
        suppressed={"sg.out@example.com": "manual"},
    ),
    Export(
        "substack_subscribers.csv",
        "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
        "ss.in@example.com,false,,other,false,2025-10-01T10:00:00.000Z,\n"
        "ss.off@example.com,true,2026-12-31T00:00:00.000Z,yearly,true,2025-10-01T10:00:00.000Z,\n",
        "substack:subscribers",
        False,
        mapped=("email_disabled=answer to newsletter",),
        permitted={"newsletter": {"ss.in@example.com"}},
    ),
    Export(
        "listmonk_confirmed.csv",
        "uuid,email,name,attributes,status,created_at,updated_at\n"
        '5f-1,lm.in@example.com,Lo,{},enabled,"2025-10-01 10:00:00.123456 +0000 UTC",'
        '"2025-10-01 10:00:00.123456 +0000 UTC"\n'
        '5f-2,lm.off@example.com,Lu,{},blocklisted,"2025-10-01 10:00:00.123456 +0000 UTC",'
        '"2025-10-01 10:00:00.123456 +0000 UTC"\n',
        "listmonk:confirmed",
        False,
        mapped=("status=answer to newsletter",),
        permitted={"newsletter": {"lm.in@example.com"}},
    ),
    Export(
        "dittofeed_group.csv",
        "email,action\ndf.in@example.com,subscribe\ndf.out@example.com,unsubscribe\n",
        "dittofeed",
        True,
        mapped=("action=answer to newsletter",),
        permitted={"newsletter": {"df.in@example.com"}},
    ),
    Export(
        "civicrm_contacts.csv",
        "Contact ID,Contact Type,First Name,Last Name,Email,Phone,Country,Do Not Email,Do Not Phone,"
        "Do Not Mail,Do Not Sms,Do Not Trade,No Bulk Emails (User Opt Out),Newsletter,Modified Date\n"
        "31,Individual,Cy,Vo,cv.in@example.com,,NL,No,No,No,No,No,No,Yes,2025-10-01 10:00:00\n"
        "32,Individual,Cy,Vo,cv.bulk@example.com,,NL,No,No,No,No,No,Yes,Yes,2025-10-01 10:00:00\n"
        "33,Individual,Cy,Vo,cv.mail@example.com,,NL,Yes,No,No,No,No,No,Yes,2025-10-01 10:00:00\n",
        "civicrm",
        True,
        mapped=("Newsletter=grant of newsletter",),
        permitted={"newsletter": {"cv.in@example.com"}},
    ),
)
